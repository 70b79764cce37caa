# Everything starts here: `make run` shows the portal, `make test` proves it, `make help` lists the rest.

PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
LOCAL := $(PY) -m opco_portal.local
PIP := $(PY) -m pip install --quiet --disable-pip-version-check --require-hashes
COMPILE := $(PY) -m piptools compile --quiet --generate-hashes --strip-extras --allow-unsafe --no-header \
	--no-emit-index-url --no-emit-trusted-host --no-emit-find-links

# Settings as in production, with servers that these checks never reach.
PRODUCTION = env -u LOCAL -u DEBUG ALLOWED_HOSTS=portail.example \
	DATABASE_URL=postgres://portal@db.example/portal REDIS_URL=redis://cache.example/0 \
	SECRET_KEY="$$($(PY) -c 'import secrets; print(secrets.token_urlsafe(50))')"

.PHONY: help run test check bench lock clean
.DEFAULT_GOAL := help

help: ## Affiche cette aide
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{ printf "%-14s%s\n", $$1, $$2 }'

run: $(VENV)/runtime.stamp ## Lance le portail sur http://127.0.0.1:8000 (PORT=, PORTAL_HOME=)
	@$(LOCAL) serve

test: $(VENV)/browser.stamp ## Lance tous les tests (ARGS= va à pytest)
	@$(PY) -m pytest $(ARGS)

check: $(VENV)/dev.stamp ## Vérifie style, types, migrations, gabarits et réglages de production
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	@$(PRODUCTION) $(PY) -m mypy .
	$(LOCAL) run --throwaway -- $(PY) manage.py makemigrations --check --dry-run
	$(if $(wildcard */management/commands/validate_templates.py */*/management/commands/validate_templates.py), \
		@$(PRODUCTION) $(PY) manage.py validate_templates)
	@$(PRODUCTION) $(PY) manage.py check --deploy --fail-level WARNING

bench: $(VENV)/dev.stamp ## Mesure réponses, noms, estimations et synchronisation (ARGS=lookup, names, financing ou sync pour l’une)
	@$(PY) -m tests.benchmarks $(ARGS)

lock: $(VENV)/dev.stamp ## Recalcule requirements.lock et requirements-dev.lock
	$(COMPILE) --output-file requirements.lock pyproject.toml
	$(COMPILE) --extra dev --constraint requirements.lock --output-file requirements-dev.lock pyproject.toml

clean: ## Supprime l’environnement et les caches, mais pas les données (.portal)
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis staticfiles test-results

# The virtual environment. A stamp is newer than its lock once everything in it is installed; without an
# interpreter, as after an upgrade of the system's Python, no stamp is true.
$(shell [ -x $(PY) ] || rm -f $(VENV)/*.stamp)
$(VENV)/runtime.stamp: requirements.lock | $(PY)
	@echo "Installation des dépendances…"
	@$(PIP) -r $<
	@touch $@

$(VENV)/dev.stamp: requirements-dev.lock | $(PY)
	@echo "Installation des dépendances de développement…"
	@$(PIP) -r $<
	@touch $@ $(VENV)/runtime.stamp

# Debian's python3 comes without ensurepip, hence without a working `python3 -m venv`.
$(PY):
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { $(APT) python3 python3-venv; } || \
		{ echo "Il manque Python ou son module venv : sudo apt-get install python3 python3-venv" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Il faut Python 3.11 ou plus récent : make PYTHON=/chemin/vers/python3.13 …" >&2; exit 1; }
	@rm -rf $(VENV) && $(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

APT = [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && echo "Installation par apt…" && \
	apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends >/dev/null

# For the browser tests: a library that Playwright's driver needs and bare Debian lacks, then a Chromium, which is
# the machine's own, else Debian's for root, else Playwright's.
$(VENV)/browser.stamp: $(VENV)/dev.stamp
	@$(VENV)/bin/playwright --version >/dev/null 2>&1 || { $(APT) libatomic1; } || \
		{ echo "Playwright ne démarre pas : sudo apt-get install libatomic1" >&2; exit 1; }
	@command -v chromium >/dev/null || command -v google-chrome >/dev/null || \
		{ $(APT) chromium fonts-dejavu-core; } || \
		{ echo "Installation de Chromium par Playwright…"; $(VENV)/bin/playwright install chromium >/dev/null; } || \
		{ echo "Pas de Chromium pour les tests : installez le paquet chromium, puis relancez make test." >&2; exit 1; }
	@touch $@
