"""Analysis in the viewer's own browser: what its pages need from the server."""
