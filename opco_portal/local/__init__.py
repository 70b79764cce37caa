"""The local launcher: the portal with its own PostgreSQL and Valkey, for `make run` and for the tests.

    python -m opco_portal.local serve              servers, migrations, reference data, worker and web server
    python -m opco_portal.local run -- COMMAND     one command, with the servers up

All data lives in PORTAL_HOME. DATABASE_URL or REDIS_URL in the environment replace a server by one's own.
"""

from opco_portal.local.guardian import LocalError
from opco_portal.local.servers import servers, throwaway_servers

__all__ = ["LocalError", "servers", "throwaway_servers"]
