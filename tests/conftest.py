"""An environment of our own: no test may reach an AWS account, nor the emulator somebody is working with."""

import os
import tempfile

from hypothesis import HealthCheck, settings

# How long an example takes says more about the machine than about the code.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")

os.environ.update(
    AWS_ACCESS_KEY_ID="test",
    AWS_SECRET_ACCESS_KEY="test",
    AWS_DEFAULT_REGION="us-east-1",
    STAGE="test",
    SIGN_UPS_PER_HOUR="100000",
    MAIL_FROM="Matinee <no-reply@matinee.example>",
    SITE_URL="https://matinee.example",
    CACHE_DIR=tempfile.mkdtemp(prefix="movies-test-"),
)
for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_SESSION_TOKEN", "RESOURCE_PREFIX", "SECURE_COOKIES"):
    os.environ.pop(name, None)
