from django.db import migrations

TEXTS = {  # what holds the texts of an email, and is written again and again
    "assistant_app_application": ("state",),
    "assistant_app_step": ("changes",),
    "assistant_app_modelcall": ("messages", "reply"),
}
HAS_LZ4 = "SELECT 'lz4' = ANY(enumvals) FROM pg_settings WHERE name = 'default_toast_compression'"


def compress_with_lz4(apps, schema_editor):
    """Let PostgreSQL compress long texts with lz4 from now on, where it was built with it.

    A state of 110 KB takes 0.7 ms of its CPU to write where its own method takes 2.4. What is stored stays
    as it is, and both are read.
    """
    if schema_editor.connection.vendor != "postgresql":
        return
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(HAS_LZ4)
        (has_lz4,) = cursor.fetchone()
    if has_lz4:
        _compress_with(schema_editor, "lz4")


def compress_by_default(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        _compress_with(schema_editor, "default")


def _compress_with(schema_editor, method):
    for table, columns in TEXTS.items():
        changes = ", ".join(f"ALTER COLUMN {column} SET COMPRESSION {method}" for column in columns)
        schema_editor.execute(f"ALTER TABLE {table} {changes}")


class Migration(migrations.Migration):
    dependencies = [("assistant_app", "0006_preferences")]

    operations = [migrations.RunPython(compress_with_lz4, compress_by_default)]
