"""Runs ruff from Pants: `ruff check` in the lint goal, `ruff format` in fmt (and so in lint too).

Pants 2.17 ships a backend for ruff that calls `ruff FILES`, which ruff no longer accepts. This
one keeps that backend's options and runs today's commands. It runs inside Pants, on its Python.
"""

from pants.backend.python.lint.ruff.subsystem import Ruff, RuffFieldSet
from pants.backend.python.lint.ruff.subsystem import rules as subsystem_rules
from pants.backend.python.util_rules import pex
from pants.backend.python.util_rules.pex import PexRequest, VenvPex, VenvPexProcess
from pants.core.goals.fmt import FmtResult, FmtTargetsRequest
from pants.core.goals.lint import LintResult, LintTargetsRequest
from pants.core.util_rules.config_files import ConfigFiles, ConfigFilesRequest
from pants.core.util_rules.partitions import PartitionerType
from pants.core.util_rules.source_files import SourceFiles, SourceFilesRequest
from pants.engine.fs import Digest, MergeDigests
from pants.engine.internals.native_engine import Snapshot
from pants.engine.process import FallibleProcessResult, ProcessResult
from pants.engine.rules import Get, MultiGet, collect_rules, rule
from pants.util.meta import classproperty


class RuffCheckRequest(LintTargetsRequest):
    field_set_type = RuffFieldSet
    tool_subsystem = Ruff
    partitioner_type = PartitionerType.DEFAULT_SINGLE_PARTITION

    @classproperty
    def tool_name(cls):
        return "ruff check"


class RuffFormatRequest(FmtTargetsRequest):
    field_set_type = RuffFieldSet
    tool_subsystem = Ruff
    partitioner_type = PartitionerType.DEFAULT_SINGLE_PARTITION

    @classproperty
    def tool_name(cls):
        return "ruff format"


async def _ruff(ruff: Ruff, snapshot: Snapshot, *command: str) -> VenvPexProcess:
    executable, config = await MultiGet(
        Get(VenvPex, PexRequest, ruff.to_pex_request()),
        Get(ConfigFiles, ConfigFilesRequest, ruff.config_request(snapshot.dirs)),
    )
    sandbox = await Get(Digest, MergeDigests((snapshot.digest, config.snapshot.digest)))
    return VenvPexProcess(
        executable,
        argv=(*command, "--no-cache", *snapshot.files),
        input_digest=sandbox,
        output_files=snapshot.files,
        description=f"Run ruff {command[0]} on {len(snapshot.files)} files",
    )


@rule(desc="Lint with ruff")
async def ruff_check(request: RuffCheckRequest.Batch, ruff: Ruff) -> LintResult:
    sources = await Get(
        SourceFiles, SourceFilesRequest(element.source for element in request.elements)
    )
    process = await _ruff(ruff, sources.snapshot, "check")
    result = await Get(FallibleProcessResult, VenvPexProcess, process)
    return LintResult.create(request, result)


@rule(desc="Format with ruff")
async def ruff_format(request: RuffFormatRequest.Batch, ruff: Ruff) -> FmtResult:
    process = await _ruff(ruff, request.snapshot, "format")
    result = await Get(ProcessResult, VenvPexProcess, process)
    return await FmtResult.create(request, result)


def rules():
    return [
        *collect_rules(),
        *subsystem_rules(),
        *RuffCheckRequest.rules(),
        *RuffFormatRequest.rules(),
        *pex.rules(),
    ]
