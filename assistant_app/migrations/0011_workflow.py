from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('assistant_app', '0010_model_call_prompt_version'),
    ]

    operations = [
        migrations.AddField(
            model_name='application',
            name='workflow',
            field=models.CharField(db_default='email', default='email', editable=False, max_length=50),
        ),
    ]
