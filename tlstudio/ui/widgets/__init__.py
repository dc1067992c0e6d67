"""Small widgets every page may use; none of them knows a service."""
