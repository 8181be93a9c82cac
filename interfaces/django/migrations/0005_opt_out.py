"""The table of those who want no short messages."""

import django.utils.timezone
from django.db import migrations, models

__all__ = ["Migration"]


class Migration(migrations.Migration):
    """Makes it."""

    dependencies = [("interfaces", "0004_account")]
    operations = [
        migrations.CreateModel(
            name="OptOut",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("ours", models.CharField(max_length=50)),
                ("theirs", models.CharField(db_index=True, max_length=50)),
                ("out", models.BooleanField(default=True)),
                ("changed_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "ordering": ["theirs", "ours"],
                "constraints": [
                    models.UniqueConstraint(fields=("ours", "theirs"), name="interfaces_opt_out_once")
                ],
            },
        )
    ]
