"""Graph types: a filter as a value, and the streams of an FFmpeg graph as ffmpeg-python builds it (it has no types)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol, cast

import ffmpeg

Value = str | int | float


class Stream(Protocol):
    """One stream of a graph, such as the video of an input or the output of a filter."""

    def filter(self, filter_name: str, *args: Value, **kwargs: Value) -> Stream:
        """Return the stream behind a filter."""
        ...

    def filter_multi_output(self, filter_name: str, *args: Value, **kwargs: Value) -> Streams:
        """Return the streams behind a filter with several outputs, such as `split`."""
        ...


class Streams(Protocol):
    """Streams by number or by specifier: those of an opened input (`"v:0"`) or of a filter with several outputs."""

    def __getitem__(self, item: int | str, /) -> Stream: ...


class Output(Protocol):
    """One output file of a command, or several that were merged."""

    def get_args(self) -> list[str]:
        """Return the command line without the program's name."""
        ...


@dataclass(frozen=True)
class Filter:
    """One filter with its values: `args` by place, then `options` by name."""

    name: str
    args: tuple[Value, ...] = ()
    options: dict[str, Value] = field(default_factory=dict[str, Value])

    def __str__(self) -> str:
        """Return the filter as FFmpeg reads it, such as `scale=w=2:h=2`."""
        values = [*map(str, self.args), *(f"{name}={value}" for name, value in self.options.items())]
        return f"{self.name}={':'.join(values)}" if values else self.name


def apply(stream: Stream, filters: Iterable[Filter]) -> Stream:
    """Return the stream behind a chain of filters."""
    for each in filters:
        stream = stream.filter(each.name, *each.args, **each.options)
    return stream


def chain_text(filters: Iterable[Filter]) -> str:
    """Return filters as they stand at the head of a longer chain: each is followed by a comma."""
    return "".join(f"{each}," for each in filters)


def split(stream: Stream, count: int, *, name: str = "split") -> list[Stream]:
    """Return `count` copies of a stream. `name` is the filter: `split` for video, `asplit` for audio."""
    outputs = stream.filter_multi_output(name, count)
    return [outputs[number] for number in range(count)]


def open_input(location: str, **options: Value | None) -> Streams:
    """Return the streams of an input. An option whose value is None is a flag."""
    return cast("Streams", ffmpeg.input(location, **options))


def joined(streams: Sequence[Stream], filter_name: str, **options: Value) -> Stream:
    """Return the output of a filter with several inputs."""
    return cast("Stream", ffmpeg.filter(list(streams), filter_name, **options))


def output(stream: Stream, location: str, **options: Value) -> Output:
    """Return an output file with one stream in it."""
    return cast("Output", ffmpeg.output(stream, location, **options))


def arguments(outputs: Sequence[Output]) -> list[str]:
    """Compile one command that writes all outputs; without the program's name."""
    return cast("Output", ffmpeg.merge_outputs(*outputs)).get_args()


def concatenated(streams: Sequence[Stream]) -> Stream:
    """Return videos one after another."""
    return cast("Stream", ffmpeg.concat(*streams, v=1, a=0))
