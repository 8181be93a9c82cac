"""The tables of identity."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

__all__ = ["Migration"]

ID = ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"))


class Migration(migrations.Migration):
    """Makes them."""

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("interfaces", "0003_slack_installation"),
    ]
    operations = [
        migrations.CreateModel(
            name="UsedLink",
            fields=[
                ID,
                ("nonce", models.CharField(max_length=50, unique=True)),
                ("expires_at", models.DateTimeField(db_index=True)),
            ],
        ),
        migrations.CreateModel(
            name="Account",
            fields=[
                ID,
                ("protocol", models.CharField(max_length=20)),
                ("account", models.CharField(max_length=255)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("verified_at", models.DateTimeField(editable=False, null=True)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="interfaces_accounts",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["protocol", "account"],
                "constraints": [
                    models.UniqueConstraint(fields=("protocol", "account"), name="interfaces_account_once")
                ],
            },
        ),
    ]
