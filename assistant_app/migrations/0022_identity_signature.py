from django.db import migrations, models


def name_identities(apps, schema_editor):
    """Make the name under each person's drafts that of their default identity, which may have no address."""
    Identity = apps.get_model("assistant_app", "Identity")
    Preferences = apps.get_model("assistant_app", "Preferences")
    defaults = Identity.objects.filter(is_default=True)
    named = dict(Preferences.objects.exclude(signature="").values_list("owner_id", "signature"))
    known = dict(defaults.values_list("owner_id", "pk"))
    for owner_id, name in named.items():
        if owner_id in known:
            defaults.filter(pk=known[owner_id]).update(name=name)
    Identity.objects.bulk_create(
        (
            Identity(owner_id=owner_id, name=name, addresses=[], is_default=True)
            for owner_id, name in named.items()
            if owner_id not in known
        ),
        batch_size=500,
    )


class Migration(migrations.Migration):

    dependencies = [
        ('assistant_app', '0019_status_words'),
    ]

    operations = [
        migrations.AddField(
            model_name='identity',
            name='signature',
            field=models.TextField(blank=True, db_default='', default='', max_length=2000),
        ),
        migrations.RunPython(name_identities, migrations.RunPython.noop, elidable=True),
    ]
