"""`outdial broker publish`: every pact under the version of its commit."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from outdial.broker.console import say
from outdial.broker.outcome import ExitCode, Unusable
from outdial.broker.publish import describe, publish
from outdial.broker.setting import add_setting, find_setting


def add_options(parser: ArgumentParser) -> None:
    """Everything else comes from git and the environment."""
    add_setting(parser, ["-a"])
    parser.add_argument("pact", nargs="?", type=Path, help="pact file or folder, in place of --pacts")
    parser.add_argument("-t", "--tag", action="append", default=[], metavar="NAME", help="also tag the versions")
    parser.add_argument("--main-branch", metavar="NAME", help="the main branch of every pacticipant of the pacts")
    parser.add_argument("--repository-url", metavar="URL", help="the page of the consumers' repository")
    parser.add_argument(
        "--create",
        action="append",
        default=[],
        metavar="NAME",
        help="a pacticipant with a name that the broker finds too similar to another's",
    )
    parser.add_argument("-r", "--auto-detect-version-properties", action="store_true", help="what is always done")
    parser.add_argument("--merge", action="store_true", help="refused: a version has one content")
    parser.epilog = "example: PACT_BROKER_BASE_URL=https://broker.example outdial broker publish --main-branch trunk"


def run(options: Namespace) -> int:
    """Publish, then say what the pacticipants are."""
    if options.merge:
        raise Unusable(
            "--merge is not for these pacts: the broker compares requests only, so of two interactions with one "
            "request and different states it would keep one",
            "publish complete pacts: shards are joined before, by `outdial generate`",
        )
    options.pacts = options.pact or options.pacts
    setting = find_setting(options, committed=True)
    tags = [*options.tag, *([setting.build.tag] if setting.build.tag else [])]
    pacts, broker = setting.pacts, setting.broker
    if options.dry_run:
        for pact in pacts:
            say(f"would publish: {pact.consumer} {setting.build} → {pact.provider} at {broker.link('self')}")
        return ExitCode.OK
    describe(setting.connection, options.create)
    publish(setting.connection, setting.build, tags, pacts)
    if options.main_branch or options.repository_url:
        about = {"main_branch": options.main_branch, "repository_url": options.repository_url}
        describe(setting.connection, setting.consumers, **about)
    if options.main_branch:
        describe(setting.connection, setting.providers, main_branch=options.main_branch)
    return ExitCode.OK
