from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("assistant_app", "0014_identity"),
    ]

    operations = [
        migrations.AddField(
            model_name="step",
            name="partial",
            field=models.TextField(null=True),
        ),
    ]
