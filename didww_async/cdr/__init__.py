"""Call detail records: exports waited for and downloaded, read into typed rows, harvested into folders."""
