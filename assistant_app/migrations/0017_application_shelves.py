from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("assistant_app", "0016_application_stop_requested_at"),
    ]

    operations = [
        migrations.AddField(
            model_name="application",
            name="archived_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="application",
            name="deleted_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="application",
            name="seen_version",
            field=models.IntegerField(null=True),
        ),
        migrations.AddField(
            model_name="application",
            name="title_by_hand",
            field=models.BooleanField(null=True),
        ),
        migrations.AddIndex(
            model_name="application",
            index=models.Index(
                condition=models.Q(("deleted_at__isnull", False)),
                fields=["deleted_at"],
                name="application_deleted",
            ),
        ),
    ]
