"""The endpoints that archive and rename an email. They make no new version."""
