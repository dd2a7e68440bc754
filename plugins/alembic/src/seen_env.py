# Says whether the database that the project's env.py connects to is the scratch database. Nothing is migrated: where env.py
# would do that, the tables are looked at instead.
from alembic import context, util
from sqlalchemy import inspect

FOLDER = {folder}
MARKER = "session_scratch"


def look(**_):
    connection = context.get_context().connection
    inspector = inspect(connection)
    # Of MySQL a schema is a database of its own.
    single = connection.dialect.name in ("mysql", "mariadb")
    names = [None] if single else inspector.get_schema_names()
    seen = any(MARKER == table.lower() for name in names for table in inspector.get_table_names(schema=name))
    print("\n-- %s %s" % (MARKER, "yes" if seen else "no"))


context.run_migrations = look
util.load_python_file(FOLDER, "env.py")
