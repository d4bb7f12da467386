"""Every sentence that a user can be shown."""
