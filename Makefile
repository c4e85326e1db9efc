# Everything happens in tools/devenv (plain Python); this file only gives it short names.
PYTHON ?= python3
ENV := $(PYTHON) -m tools.devenv

# Whatever the tools remember lies in the one ignored folder too.
export PYTHONPYCACHEPREFIX := $(CURDIR)/.prm/cache/python
export HYPOTHESIS_STORAGE_DIRECTORY := $(CURDIR)/.prm/cache/hypothesis
export RUFF_CACHE_DIR := $(CURDIR)/.prm/cache/ruff
export PYLINTHOME := $(CURDIR)/.prm/cache/pylint

.PHONY: help setup demo stop clean test lint format bench shots odoo db
.DEFAULT_GOAL := help

help: ## This list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

setup: ## Fetch Odoo and all it needs into .prm (the other targets do it by themselves)
	@$(ENV) setup

demo: ## Serve the demo practice on 127.0.0.1 (PORT=8069)
	@$(ENV) demo $(if $(PORT),--port $(PORT))

stop: ## Stop the demo server and the private PostgreSQL
	@$(ENV) stop

clean: ## Stop and remove everything that the set-up made
	@$(ENV) clean

test: ## All tests; ADDON=prm_core for one add-on, PATHS='…' for single files
	@$(ENV) test $(if $(ADDON),--addon $(ADDON)) $(if $(PATHS),--paths '$(PATHS)')

lint: ## ruff, pylint-odoo, formatting of XML and JavaScript
	@$(ENV) lint

format: ## Put the formatting right
	@$(ENV) lint --fix

bench: ## Figures as ratios; NAME=import for one
	@$(ENV) bench $(if $(NAME),--name $(NAME))

shots: ## Screenshots of the main screens, into .prm/shots
	@$(ENV) shots

odoo: ## Any Odoo command: ARGS='-d practice -u prm_core --stop-after-init'
	@$(ENV) odoo $(if $(ARGS),--arguments='$(ARGS)')

db: ## A fresh database with all add-ons and no demo data: NAME=practice
	@$(ENV) db $(if $(NAME),'$(NAME)')
