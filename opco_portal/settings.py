"""Settings of the portal, read strictly from the environment.

Production is the default: without SECRET_KEY, ALLOWED_HOSTS, DATABASE_URL and REDIS_URL the portal refuses
to start. LOCAL=1, set by the launcher (`make run`) and by the tests, relaxes what only makes sense behind HTTPS.
"""

from datetime import timedelta
from pathlib import Path
from typing import Any

import environ
import pghistory
from celery.schedules import crontab
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.retry import Retry

from opco_portal.staff import theme

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
LOCAL: bool = env.bool("LOCAL", default=False)
DEBUG: bool = env.bool("DEBUG", default=False)
PORTAL_HOME = Path(env.str("PORTAL_HOME", default=str(BASE_DIR / ".portal"))).resolve()

if "DATABASE_URL" not in env.ENVIRON:
    # `make run` leaves the addresses of its servers here, so that manage.py works from another terminal.
    running = PORTAL_HOME / "run" / "env"
    if running.is_file():
        env.read_env(str(running))
        LOCAL = env.bool("LOCAL", default=LOCAL)


def required(name: str, why: str) -> str:
    """Return a variable without which the portal must not start."""
    value: str = env.str(name, default="")
    if not value:
        raise ImproperlyConfigured(f"{name} is not set: {why} See README.md, “Configuration”.")
    return value


SECRET_KEY = required("SECRET_KEY", "sessions and tokens are signed with it.")
DATABASE_URL = required("DATABASE_URL", "give the PostgreSQL server, or start the portal with `make run`.")
REDIS_URL = required("REDIS_URL", "give the Redis or Valkey server, or start the portal with `make run`.")
ALLOWED_HOSTS: list[str] = env.list(
    "ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"] if LOCAL else []
)
if not ALLOWED_HOSTS:
    raise ImproperlyConfigured("ALLOWED_HOSTS is not set: list the host names that the portal answers to.")

INSTALLED_APPS = [
    "opco_portal.sync",
    "opco_portal.corrections",
    "opco_portal.staff",
    "branches",
    "financing",
    "unfold.apps.BasicAppConfig",  # without its site, which would take the place of ours
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "unfold.contrib.import_export",
    "opco_portal.staff.apps.PortalAdminConfig",
    "opco_portal.staff.apps.AxesConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "corsheaders",
    "csp",
    "django_celery_beat",
    "django_htmx",
    "django_otp",
    "django_otp.plugins.otp_static",
    "django_otp.plugins.otp_totp",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "import_export",
    "pghistory",
    "pgtrigger",
    "rest_framework",
]

MIDDLEWARE = [
    "opco_portal.health.ProbesFirst",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.http.ConditionalGetMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "opco_portal.urls"
WSGI_APPLICATION = "opco_portal.wsgi.application"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["opco_portal.typography"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

# ---------------------------------------------------------------------------------------------------------
# Data
DATABASES: dict[str, dict[str, Any]] = {"default": env.db_url_config(DATABASE_URL)}
DATABASES["default"].setdefault("OPTIONS", {})["server_side_binding"] = True
DATABASES["default"]["OPTIONS"]["pool"] = {
    "min_size": env.int("DATABASE_POOL_MIN", default=1),
    "max_size": env.int("DATABASE_POOL_MAX", default=8),
    "timeout": 5,
}
# A restarted PostgreSQL leaves dead connections in the pool: they are found out before a request gets one.
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Nobody waits for what is only counted or remembered: no page fails without it. A connection that was closed
# meanwhile is opened again, once.
VALKEY_OPTIONS: dict[str, Any] = {
    "socket_timeout": 0.2,
    "socket_connect_timeout": 0.2,
    "retry": Retry(NoBackoff(), 1, supported_errors=(RedisConnectionError,)),
}
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "portal",
        "OPTIONS": VALKEY_OPTIONS,
    }
}

CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# Redis hands a task out again when it was not done by then: longer than a retry waits and a run takes together.
# Who sends one does not wait for a broker that is out: by default a page would, for six seconds.
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 4 * 3600, "max_retries": 0}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = "Europe/Paris"
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
DJANGO_CELERY_BEAT_TZ_AWARE = True
CELERY_BEAT_SCHEDULE: dict[str, Any] = {
    "Dates des décisions": {"task": "branches.follow_dates", "schedule": crontab(minute=5, hour=0)},
    "Sessions finies": {"task": "staff.clear_sessions", "schedule": crontab(minute=20, hour=3)},
    "Pages sources": {
        "task": "financing.check_sources",
        "schedule": crontab(minute=40, hour=4, day_of_week="mon"),
    },
}

# ---------------------------------------------------------------------------------------------------------
# Official sources: where each is looked for. These are the only addresses that the synchronisations start from.
SIRO_DATASET: str = env.str(
    "SIRO_DATASET", default="https://www.data.gouv.fr/api/1/datasets/688a210c012cfbf595d7a99a/"
)
AGREEMENTS_PAGE: str = env.str(
    "AGREEMENTS_PAGE", default="https://travail-emploi.gouv.fr/conventions-collectives-nomenclatures"
)
ACTIVITIES_PAGE: str = env.str(
    "ACTIVITIES_PAGE",
    default="https://dares.travail-emploi.gouv.fr/donnees/les-portraits-statistiques-de-branches-professionnelles",
)
# Where published files are kept while they are read; empty: the system's temporary folder.
SYNC_FOLDER: str = env.str("SYNC_FOLDER", default="")

# ---------------------------------------------------------------------------------------------------------
# Servers that are asked while somebody waits. An empty address, or a key that is missing, and one is not asked.
COMPANIES_API: str = env.str("COMPANIES_API", default="https://recherche-entreprises.api.gouv.fr")
FRANCE_COMPETENCES_API: str = env.str("FRANCE_COMPETENCES_API", default="https://api.francecompetences.fr")
FRANCE_COMPETENCES_KEY: str = env.str("FRANCE_COMPETENCES_KEY", default="")
CFA_DOCK_API: str = env.str("CFA_DOCK_API", default="https://www.cfadock.fr")
# Seconds that a page waits for such an answer before it goes out without it and lets it join later.
UPSTREAM_GLANCE: float = env.float("UPSTREAM_GLANCE", default=0.3)

# ---------------------------------------------------------------------------------------------------------
# Language and time: French for people, dates of law are naive, events are aware.
LANGUAGE_CODE = "fr"
TIME_ZONE = "Europe/Paris"
USE_I18N = True
USE_TZ = True
USE_THOUSAND_SEPARATOR = True

# ---------------------------------------------------------------------------------------------------------
# Static files: hashed and compressed in production, straight from their folders on a developer's machine.
STATIC_URL = "/static/"
STATIC_ROOT = None if LOCAL else Path(env.str("STATIC_ROOT", default=str(BASE_DIR / "staticfiles")))
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = LOCAL
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if LOCAL
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# ---------------------------------------------------------------------------------------------------------
# Security
SECURE_SSL_REDIRECT = not LOCAL
SECURE_HSTS_SECONDS = 0 if LOCAL else 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = not LOCAL
SECURE_HSTS_PRELOAD = not LOCAL
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not LOCAL
SESSION_ENGINE = "opco_portal.staff.sessions"
SESSION_COOKIE_AGE = 8 * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
X_FRAME_OPTIONS = "DENY"
if env.bool("BEHIND_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# How many proxies stand in front: the throttle reads the client's address that many places from the right.
NUM_PROXIES: int = env.int("NUM_PROXIES", default=0)

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    },
}

CORS_URLS_REGEX = r"^/api/"
CORS_ALLOW_ALL_ORIGINS = True  # the data is public and the API takes no cookie
CORS_ALLOW_METHODS = ["GET", "HEAD", "OPTIONS", "POST"]
CORS_EXPOSE_HEADERS = ["ETag", "Retry-After"]

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "opco_portal.staff.backends.StaffBackend"]
LOGIN_URL, LOGIN_REDIRECT_URL = "admin:login", "admin:index"
# Wrong passwords: `opco_portal/staff/lockout.py` says who waits, and how.
AXES_HANDLER = "opco_portal.staff.lockout.Handler"
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"], "username", "ip_address"]
AXES_LOCKOUT_CALLABLE = "opco_portal.staff.lockout.locked"
AXES_CLIENT_IP_CALLABLE = "opco_portal.staff.lockout.address_of"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "csrfmiddlewaretoken"]
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = AXES_VERBOSE = False
OTP_TOTP_ISSUER = "Portail OPCO"
# Every change of the reference is written down by triggers, and what they wrote is never rewritten.
PGHISTORY_DEFAULT_TRACKERS = (pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
PGHISTORY_APPEND_ONLY = True
UNFOLD = theme.UNFOLD
ADMIN_PATH: str = env.str("ADMIN_PATH", default="admin/").strip("/") + "/"

# ---------------------------------------------------------------------------------------------------------
# API
API_RATE: str = env.str("API_RATE", default="600/minute")
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "opco_portal.api.negotiation.FirstRenderer",
    "DEFAULT_PARSER_CLASSES": ["opco_portal.api.parsers.Json"],
    "DEFAULT_THROTTLE_CLASSES": ["opco_portal.api.throttles.ClientThrottle"],
    "DEFAULT_PAGINATION_CLASS": "opco_portal.api.pagination.Pages",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "opco_portal.api.errors.problem",
    "UNAUTHENTICATED_USER": None,
    "NUM_PROXIES": NUM_PROXIES,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "API du Portail OPCO",
    "VERSION": "1",
    "DESCRIPTION": "De quel OPCO relève une entreprise, ce qu’il finance, pourquoi, et d’après quelle source. "
    "Lecture libre, sans clé ; données sous Licence Ouverte 2.0.",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PUBLIC": True,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "ENUM_NAME_OVERRIDES": {
        "AnswerStatus": "branches.api.serializers.STATUSES",
        "AgreementStatus": "branches.models.Agreement.Status",
        "AnswerConfidence": "branches.api.serializers.CONFIDENCES",
        **{
            name: f"financing.calculator.terms.{name}.choices"
            for name in ("Confidence", "Cost", "Kind", "Modality", "Place", "Scheme", "Territory", "Unit")
        },
    },
    "SCHEMA_PATH_PREFIX": r"/api/v1",
}

# ---------------------------------------------------------------------------------------------------------
# Who answers for the portal, shown on the pages and sent to the services that it asks.
CONTACT_EMAIL: str = env.str("CONTACT_EMAIL", default="")
SOURCE_CODE_URL: str = env.str("SOURCE_CODE_URL", default="")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    # They tell of every request, every new try, in the middle of a command's progress bar too, and every login.
    "loggers": {
        "axes": {"level": "WARNING"},
        "httpx": {"level": "WARNING"},
        "stamina": {"level": "ERROR"},
    },
}
