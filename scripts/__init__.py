"""What the developers run: translations and generated pages."""
