from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("assistant_app", "0015_step_partial"),
    ]

    operations = [
        migrations.AddField(
            model_name="application",
            name="stop_requested_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddIndex(
            model_name="application",
            index=models.Index(
                condition=models.Q(("stop_requested_at__isnull", False)),
                fields=["lease_token"],
                name="application_stop_requested",
            ),
        ),
    ]
