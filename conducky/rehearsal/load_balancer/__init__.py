"""Load balancers: a reverse proxy on localhost."""
