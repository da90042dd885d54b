"""The child process: runs neonize and shares only the protocol with the desk."""
