"""The candidate bundle, the registry, and the server. What the server imports is free of torch and pandas."""
