# Marks the scratch database, and prints its schema. Alembic runs it in place of the project's env.py, so that sqlalchemy and
# the drivers are those of the project, and nothing of the project's own is asked.
from alembic import context
from sqlalchemy import Column, Integer, MetaData, Table, create_engine, inspect
from sqlalchemy.engine import make_url

# Only an empty database gets it, and only one that has it is changed: whatever the URL says, it is nobody's data.
MARKER = "session_scratch"
SYSTEM = {"information_schema", "pg_catalog", "mysql", "performance_schema", "sys", "INFORMATION_SCHEMA"}


def said(value):
    if isinstance(value, dict):
        return "{" + ", ".join("%s=%s" % (key, said(value[key])) for key in sorted(value)) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(said, value)) + "]"
    return str(value)


def asked(inspector, what, *args, **kwargs):
    # Not every dialect knows everything.
    try:
        return getattr(inspector, what)(*args, **kwargs)
    except (AttributeError, NotImplementedError):
        return []


def schemas(inspector):
    return [n for n in inspector.get_schema_names() if n not in SYSTEM and not n.startswith("pg_")]


def mark(connection):
    inspector = inspect(connection)
    if MARKER in inspector.get_table_names():
        print("-- found")
        return
    for name in schemas(inspector):
        tables = inspector.get_table_names(schema=name) + asked(inspector, "get_view_names", schema=name)
        if tables:
            print("-- taken %s.%s" % (name, tables[0]))
            return
    Table(MARKER, MetaData(), Column("id", Integer)).create(connection)
    print("-- made")


def unmark(connection):
    Table(MARKER, MetaData(), Column("id", Integer)).drop(connection)


def schema(connection):
    inspector = inspect(connection)
    lines = []
    for name in schemas(inspector):
        for table in inspector.get_table_names(schema=name):
            if table == MARKER:
                continue
            columns = inspector.get_columns(table, schema=name)
            if [column["name"] for column in columns] == ["version_num"]:
                continue  # alembic's own; where it stands is asked otherwise
            where = "%s.%s" % (name, table)
            lines.append("table " + where)
            # The order of columns changes where one is dropped and made again.
            lines += ["column %s.%s" % (where, said(column)) for column in columns]
            for what in ("get_pk_constraint", "get_foreign_keys", "get_indexes", "get_unique_constraints", "get_check_constraints"):
                found = asked(inspector, what, table, schema=name)
                found = found if isinstance(found, list) else [found]
                lines += ["%s %s %s" % (what[4:], where, said(one)) for one in found]
        for view in asked(inspector, "get_view_names", schema=name):
            lines.append("view %s.%s %s" % (name, view, asked(inspector, "get_view_definition", view, schema=name)))
        lines += ["type " + said(enum) for enum in asked(inspector, "get_enums", schema=name)]
        lines += ["sequence %s.%s" % (name, one) for one in asked(inspector, "get_sequence_names", schema=name)]
    print("-- schema")
    print("\n".join(sorted(" ".join(line.split()) for line in lines)))


def main():
    url = make_url(context.config.get_main_option("sqlalchemy.url"))
    work = {"mark": mark, "unmark": unmark, "schema": schema}[context.config.get_main_option("work")]
    if not getattr(url.get_dialect(), "is_async", False):
        with create_engine(url).begin() as connection:
            work(connection)
        return
    import asyncio

    from sqlalchemy.ext.asyncio import create_async_engine

    async def run():
        engine = create_async_engine(url)
        async with engine.begin() as connection:
            await connection.run_sync(work)
        await engine.dispose()

    asyncio.run(run())


main()
