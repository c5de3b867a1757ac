"""Refuse code by which Terraform runs or fetches something before there is a plan; operations.terraform asks first.

`init` and `plan` start whatever program the settings of a provider or a backend name, install every provider and fetch
every module. A rule on the plan speaks too late for that, and perhaps of a plan that such a program has made.

No block is read here, so that none can hide in a string or behind a comment: whatever may begin one that matters has to
be written as this project writes it.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from core.console import UserError

CODE = (".hcl", ".tf")  # `init` reads the tests, too
JSON = (".tf.json", ".tfmock.json", ".tftest.json")
LOCK = ".terraform.lock.hcl"
# Plugins of the old kind, of which Terraform starts whatever lies where it works.
PLUGIN = re.compile(r"terraform-prov", re.IGNORECASE)
COPIES = ".terraform"  # what Terraform keeps if somebody calls it by hand; no module may lie there

# Where a block may begin: on a new line, or behind a comment. Other signs behind the word make it a name or a value.
BEGINNING = re.compile(
    rb"""
    (?:^|\*/) [^!-~\n]* (?P<word>
        (?:mock_provider|providers?|provisioner) (?![\w-] | [ \t]*[.:,)\]}\n])
        | (?:import|module|terraform) (?![\w-] | [ \t]*[.:,)\]}\n=])
        | (?:data|ephemeral|resource) (?![\w-] | [ \t]*[.:,)\]}\n={])
    )""",
    re.MULTILINE | re.VERBOSE,
)
TEXT = r'"[^"$%\\\n]*"'
VALUE = rf"(?:var\.\w+|{TEXT})"
BODY = rf"(?: \w+ = (?:{TEXT}|[\w.]+) )?}}? \n"  # on the same line at most one attribute
REQUIRED = (
    rf'required_providers {{ \n aws = {{ \n source = "hashicorp/aws" \n version = {TEXT} \n }} \n }} \n '
)
# How each kind of block is written, with as much space and as many comments at the ends of lines as somebody likes.
FORMS = {
    "provider": rf'provider "aws" {{ \n region = {VALUE} \n '
    rf"(?:default_tags {{ \n tags = {{ \n (?:\w+ = {VALUE} \n )*}} \n }} \n )?}} \n",
    "mock_provider": r'mock_provider "aws" {}? \n',
    "terraform": rf'terraform {{ \n (?:required_version = {TEXT} \n )?(?:{REQUIRED})?(?:backend "s3" {{}} \n )?}} \n',
    "module": r'module "[\w-]+" { \n source = "(?P<source>\.\.?/[\w./-]+)" \n',
    "resource": rf'resource "(?:aws_\w+|terraform_data)" "[\w-]+" {{{BODY}',
    "data": rf'data "aws_\w+" "[\w-]+" {{{BODY}',
    "ephemeral": rf'ephemeral "aws_\w+" "[\w-]+" {{{BODY}',
    "import": r"import { \n to = (?:module\.[\w-]+(?:\[[^\]\n]*\])?\.)*(?:aws_\w+|terraform_data)\.",
    "provisioner": r'provisioner "local-exec" {',
}


def write(form: str) -> re.Pattern[bytes]:
    line = r"[ \t]*(?:(?:(?:#|//).*)?(?:\n|\Z)[ \t]*)+"
    return re.compile(line.join(it.replace(" ", r"[ \t]*") for it in re.split(r" \\n ?", form)).encode())


COMPILED = {word: write(form) for word, form in FORMS.items()}
# Of the lock of providers, and of a backend's file as a whole.
LOCKED = re.compile(rb'provider "registry\.terraform\.io/hashicorp/aws" {$', re.MULTILINE)
BACKEND = re.compile(
    rb'(?:(?:#.*|(?:encrypt|key|region|use_lockfile) *= *(?:"[\w./-]+"|true|false))?(?:\n|\Z))*'
)
MEND = {
    "provider": "the provider is AWS's, with region and default_tags alone, as in terraform/providers.tf",
    "mock_provider": "only AWS's provider is mocked",
    "terraform": "only AWS's provider is required, and the backend is set in envs/*.tfbackend",
    "module": "a module begins with its source, which is a folder below terraform/",
    "resource": 'a resource is AWS\'s or terraform_data, as in: resource "aws_s3_bucket" "name" {',
    "data": 'what is read is AWS\'s, as in: data "aws_region" "name" {',
    "import": "what is imported is AWS's, and what it becomes stands first, as in: to = aws_s3_bucket.name",
    "provisioner": "a program beside Terraform could be started to ask what it can do: leave it out",
}
MEND |= {"providers": MEND["provider"], "ephemeral": MEND["data"]}


def check(root: Path) -> None:
    """Refuse what lies in the folder that Terraform works in."""
    if found := list(find(root)):
        raise UserError(
            f"Terraform could run or fetch what no plan says, and is not started: {'; '.join(found)}"
        )


def find(root: Path) -> Iterator[str]:
    """A sentence for each place."""
    for name, folders, files in os.walk(root):
        folder = Path(name)
        for path in sorted(folder / it for it in (*folders, *files)):
            if path.is_symlink():
                yield f"{path} is a link, and may lead anywhere: put there what it leads to"
            elif path.is_file():
                if PLUGIN.match(path.name) or path.stat().st_mode & 0o111:
                    yield f"{path} could be a program that Terraform starts to ask what it can do: take it away"
                yield from judge(root, path)
        folders[:] = sorted({*folders} - {COPIES})


def judge(root: Path, path: Path) -> Iterator[str]:
    if path.name.endswith(JSON):
        yield f"{path} is JSON, which no rule reads: write it as code"
    if path.suffix not in (*CODE, ".tfbackend"):
        return
    text = path.read_bytes().replace(b"\r\n", b"\n")
    if b"\r" in text:
        yield f"{path} has a sign that is the end of a line to some and not to others: end lines by \\n"
    if path.suffix == ".tfbackend" and not BACKEND.fullmatch(text):
        yield f"{path} sets more than encrypt, key, region and use_lockfile, each to one plain value"
    for found in BEGINNING.finditer(text):
        if said := refuse(root, path, text, found):
            line = text.count(b"\n", 0, found.start("word")) + 1
            yield f"{path}, line {line}: {said}"


def refuse(root: Path, path: Path, text: bytes, found: re.Match[bytes]) -> str | None:
    """What to say of a block that begins here, or of what looks so."""
    word, begin = found["word"].decode(), found.start("word")
    if path.name == LOCK:
        return None if LOCKED.match(text, begin) else "only AWS's provider is locked"
    form = COMPILED[word].match(text, begin) if word in COMPILED else None
    if form and word == "module":
        folder = Path(os.path.normpath(path.parent / form["source"].decode()))
        form = form if folder.is_relative_to(root) and COPIES not in folder.parts else None
    return None if form else MEND[word]
