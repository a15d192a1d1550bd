"""Receivers of callbacks for web frameworks: `starlette`, for FastAPI too, and `aiohttp`."""
