"""The cache in a Redis or Valkey server that several machines share."""
