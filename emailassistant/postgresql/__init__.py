"""Django's PostgreSQL backend, with its pool's connections tried only where one may be broken."""
