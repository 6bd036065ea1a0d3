"""The root command, and how every command reports success and failure."""

from __future__ import annotations

import os
import sys

import click

from hotline import __version__
from hotline.cli.audit import audit
from hotline.cli.classify import classify
from hotline.cli.demo import demo
from hotline.cli.demo_call import call
from hotline.cli.demo_wechat import wechat
from hotline.cli.doctor import doctor
from hotline.cli.models import models
from hotline.cli.nlp import nlp
from hotline.cli.operations import backup, cert, migrate, restore, seed_demo
from hotline.cli.output import report_error
from hotline.cli.pbx import pbx
from hotline.cli.run import run
from hotline.cli.transcribe import transcribe
from hotline.cli.user import user
from hotline.errors import DomainError


@click.group(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.version_option(__version__, prog_name="hotline")
def hotline() -> None:
    """A city's service hotline: one queue for every channel, cases followed to their end.

    Exit codes: 0 done, 1 failed or something found wrong, 2 the command line was not understood.
    With --debug an error shows its trace.
    """


demo.add_command(call)
demo.add_command(wechat)
for command in (
    run,
    pbx,
    doctor,
    migrate,
    seed_demo,
    demo,
    audit,
    backup,
    restore,
    cert,
    user,
    classify,
    nlp,
    models,
    transcribe,
):
    hotline.add_command(command)


def main() -> None:
    """Run the command line; an error is one clear line, with ``--debug`` its trace."""
    os.umask(0o077)  # what citizens wrote stands in files below the data folder
    debug = "--debug" in sys.argv
    if debug:
        sys.argv.remove("--debug")
    try:
        # Not standalone, click returns the code of an ``Exit`` instead of leaving with it.
        sys.exit(hotline(standalone_mode=False))
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except (DomainError, OSError) as error:
        if debug:
            raise
        report_error(error)
        sys.exit(1)
