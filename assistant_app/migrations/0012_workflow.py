from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('assistant_app', '0011_preferences_quoting'),
    ]

    operations = [
        migrations.AddField(
            model_name='application',
            name='workflow',
            field=models.CharField(db_default='email', default='email', editable=False, max_length=50),
        ),
    ]
