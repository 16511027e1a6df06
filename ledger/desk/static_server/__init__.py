"""What an export brings along for web servers: settings for nginx and Caddy, and how to serve the directory. Data only."""
