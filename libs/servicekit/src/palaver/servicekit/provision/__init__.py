"""What happens before any service runs: roles and schemas, migrations, streams and durables. Needs admin credentials.

Every part may be repeated; it changes only what differs.
"""

from palaver.servicekit.provision.databases import SchemaOwner, provision_database
from palaver.servicekit.provision.migrations import migrate
from palaver.servicekit.provision.streams import declare

__all__ = ["SchemaOwner", "declare", "migrate", "provision_database"]
