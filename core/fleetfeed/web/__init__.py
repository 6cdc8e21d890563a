"""The web server: an HTTP API over the functions in `reporting`, and the page that shows them."""
