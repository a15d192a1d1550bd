"""The resources of the API as a session offers them; one module for each chapter, as in `records`."""
