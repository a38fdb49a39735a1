from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("assistant_app", "0017_application_shelves"),
    ]

    operations = [
        migrations.AddField(
            model_name="preferences",
            name="time_zone",
            field=models.CharField(blank=True, db_default="", max_length=64),
        ),
    ]
