"""SMS through an HTTP gateway that a description file defines."""
