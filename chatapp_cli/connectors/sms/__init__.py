"""Short messages through an HTTP gateway that a description tells about."""
