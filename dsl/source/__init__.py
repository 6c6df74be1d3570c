"""Program text, places in it, and the diagnostics that point at those places."""
