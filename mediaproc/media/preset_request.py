"""Request for a team's own preset: validation, and the preset that it becomes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from itertools import count
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from mediaproc.media import codecs
from mediaproc.media.codecs import Codec
from mediaproc.media.edits import Corner, Crop, Edits, Watermark
from mediaproc.media.presets import WEB, AudioTarget, Preset, RungTarget

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

NAME_PATTERN = r"^[a-z0-9]+(-[a-z0-9]+)*$"
"""Pattern of a preset's name: lower-case letters, digits and single hyphens."""

_LONGEST_STEM = 50
_SENTENCES = {
    "missing": "This is needed",
    "string_too_short": "This is needed",
    "string_too_long": "At most {max_length} characters",
    "too_short": "At least one is needed",
    "too_long": "At most {max_length} of them",
    "int_parsing": "This is not a whole number",
    "int_from_float": "This is not a whole number",
    "float_parsing": "This is not a number",
    "finite_number": "This is not a number",
    "string_pattern_mismatch": "This does not look right",
    "greater_than": "It must be more than {gt:g}",
    "greater_than_equal": "At least {ge:g}",
    "less_than_equal": "At most {le:g}",
}
"""Messages for people in place of Pydantic's."""

_BOUNDS = ("greater_than_equal", "less_than_equal", "less_than")
_BOUNDED = {
    "audio.bitrate_bps": "Audio takes 24 to 640 kilobits a second",
    "rungs.max_bitrate_bps": "A size takes 50 to 100000 kilobits a second",
    "crop": "A crop must leave part of the frame",
    "watermark.size": "A watermark fills 1 to 100 percent of the frame’s width or height",
    "watermark.opacity": "The opacity is a number from 1 to 100 percent",
}
"""Messages for fields that have another unit on the page than in the API, so that a bare number would mislead."""

_FULL_HEIGHT = 1080


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class AskedRung(_Part):
    """One size: its height in landscape, or its width in portrait."""

    height: int = Field(ge=144, le=2160, description="An even number of pixels on the short side.")
    crf: int | None = Field(None, description="Constant quality; lower is finer. Default: the codec's.")
    max_bitrate_bps: int | None = Field(default=None, ge=50_000, le=100_000_000, description="At 30 frames a second.")

    @field_validator("height")
    @classmethod
    def _even(cls, height: int) -> int:
        if height % 2:
            raise ValueError("A height must be an even number")
        return height


def _in_bounds(rung: AskedRung, recipe: ValidationInfo) -> AskedRung:
    """Check the CRF against the codec's bounds. An unknown codec has its own message."""
    codec = recipe.data.get("codec")
    if codec is not None and rung.crf is not None:
        low, high = codecs.of(codec).crf_bounds
        if not low <= rung.crf <= high:
            raise ValueError(f"The CRF of {codec} is a number from {low} to {high}")
    return rung


class AskedAudio(_Part):
    """Audio settings."""

    bitrate_bps: int | None = Field(default=None, ge=24_000, le=640_000, description="Default: 128000, of 5.1 384000.")
    channels: Literal[1, 2, 6] = Field(default=2, description="6 is 5.1; a source of fewer then keeps its own.")

    @property
    def bits(self) -> int:
        """Bit rate in bits a second: the requested one, or the default."""
        return self.bitrate_bps or (384_000 if self.channels == 6 else 128_000)


class AskedTrim(_Part):
    """The part of the video to keep, in seconds from its beginning."""

    start_seconds: float = Field(default=0.0, ge=0, le=172_800)
    end_seconds: float | None = Field(default=None, gt=0, le=172_800)

    @model_validator(mode="after")
    def _something_is_left(self) -> AskedTrim:
        if self.end_seconds is not None and self.end_seconds - self.start_seconds < 0.1:
            raise ValueError("The part to keep must end after it begins")
        return self


class AskedCrop(_Part):
    """Crop at each side, as a fraction of the frame's width or height (0.1 is a tenth)."""

    left: float = Field(default=0.0, ge=0, lt=1)
    top: float = Field(default=0.0, ge=0, lt=1)
    right: float = Field(default=0.0, ge=0, lt=1)
    bottom: float = Field(default=0.0, ge=0, lt=1)

    @model_validator(mode="after")
    def _something_is_left(self) -> AskedCrop:
        if self.left + self.right > 0.9 or self.top + self.bottom > 0.9:
            raise ValueError("A tenth of the frame must be left in each direction")
        return self


class AskedWatermark(_Part):
    """Image in a corner of the video."""

    image: str = Field(pattern=r"^[0-9a-f]{64}$", description="The `id` that `POST /images` gave for a PNG.")
    corner: Corner = Corner.BOTTOM_RIGHT
    size: float = Field(0.15, ge=0.01, le=1, description="Fraction of the frame's width or height that it fills.")
    opacity: float = Field(1.0, ge=0.01, le=1, description="1 hides what is below it.")


def _known_codec(name: str) -> str:
    if codecs.find(name) is None:
        known = codecs.listed(map(repr, codecs.names()), last="or")
        raise PydanticCustomError("literal_error", "Input should be {expected}", {"expected": known})
    return name


def _codec_schema(schema: dict[str, Any]) -> None:
    """Add the codecs that there are to the JSON schema."""
    schema["enum"] = list(codecs.names())


class Recipe(_Part):
    """A team's preset."""

    title: str = Field(min_length=1, max_length=100, examples=["Trailer"])
    description: str = Field("", max_length=500)
    codec: Annotated[str, AfterValidator(_known_codec)] = Field(codecs.DEFAULT.name, json_schema_extra=_codec_schema)
    bit_depth: Literal[8, 10] = Field(
        8,
        description="10 keeps HDR, else it is mapped to SDR; for "
        f"{codecs.listed(f'`{codec.name}`' for codec in codecs.deep())}.",
    )
    rungs: Annotated[list[Annotated[AskedRung, AfterValidator(_in_bounds)]], Field(min_length=1, max_length=6)]
    target_vmaf: float | None = Field(
        None, ge=70, le=99, description="Instead of a CRF: how good each size is to be; the CRF is found per video."
    )
    frame_rate_cap: int = Field(60, ge=1, le=120, description="Frames a second; a faster source is thinned out.")
    audio: AskedAudio = Field(default_factory=AskedAudio)
    mute: bool = Field(False, description="Remove the audio.")
    audio_tracks: Literal["all", "first"] = Field("all", description="`first` is the one that plays by default.")
    subtitles: Literal["sidecar", "burn-in", "none"] = Field(
        "sidecar", description="Text subtitles as separate tracks, one track burnt into the video, or none."
    )
    subtitle_language: str | None = Field(
        None,
        pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$",
        description="Which to burn in, as in RFC 5646 (`de`); the first where there is none of it.",
    )
    trim: AskedTrim = Field(default_factory=AskedTrim)
    crop: AskedCrop = Field(default_factory=AskedCrop)
    rotate: Literal[0, 90, 180, 270] = Field(0, description="Degrees clockwise, after the crop.")
    watermark: AskedWatermark | None = None

    @field_validator("bit_depth")
    @classmethod
    def _plays_so_deep(cls, bit_depth: int, recipe: ValidationInfo) -> int:
        codec = codecs.find(recipe.data.get("codec", ""))
        if codec is not None and bit_depth not in codec.bit_depths:
            others = codecs.listed((each.label for each in codecs.deep()), last="or")
            raise ValueError(f"{codec.label} of {bit_depth} bits plays hardly anywhere; take {others}")
        return bit_depth

    @field_validator("rungs")
    @classmethod
    def _each_once(cls, rungs: list[AskedRung]) -> list[AskedRung]:
        if len({rung.height for rung in rungs}) < len(rungs):
            raise ValueError("Each height can be made only once")
        return sorted(rungs, key=lambda rung: -rung.height)

    @model_validator(mode="after")
    def _quality_is_possible(self) -> Recipe:
        if self.target_vmaf is not None and any(rung.crf is not None for rung in self.rungs):
            raise ValueError("Say either the VMAF to reach or the CRF of a size, not both")
        return self

    @model_validator(mode="after")
    def _overlays_are_possible(self) -> Recipe:
        """Reject overlays on 10-bit video: on HDR, their white would glare."""
        if self.bit_depth == 10 and (self.watermark is not None or self.subtitles == "burn-in"):
            raise ValueError("A watermark or burnt-in subtitles need 8 bits")
        return self

    def preset(self, *, name: str, version: int) -> Preset:
        """Return the preset that this requests."""
        codec = codecs.of(self.codec)
        return Preset(
            name=name,
            version=version,
            title=self.title,
            description=self.description,
            codec=codec.name,
            encoder=codec.encoder,
            encoder_preset=codec.encoder_preset,
            frame_rate_cap=self.frame_rate_cap,
            rungs=tuple(_target(rung, codec) for rung in self.rungs),
            audio=AudioTarget(
                codec=WEB.audio.codec,
                bitrate_bps=self.audio.bits,
                channels=self.audio.channels,
                sample_rate_hz=WEB.audio.sample_rate_hz,
            ),
            containers=WEB.containers,
            edits=Edits(
                start_seconds=self.trim.start_seconds,
                end_seconds=self.trim.end_seconds,
                crop=Crop(**self.crop.model_dump()),
                rotate=self.rotate,
                mute=self.mute,
                first_audio_only=self.audio_tracks == "first",
                without_subtitles=self.subtitles == "none",
                watermark=Watermark(**self.watermark.model_dump()) if self.watermark else None,
                burn_in=self.subtitles == "burn-in",
                subtitle_language=self.subtitle_language or "",
            ),
            target_vmaf=self.target_vmaf,
            bit_depth=self.bit_depth,
        )

    def to_json(self) -> dict[str, Any]:
        """Return the request as JSON values, as it is stored."""
        return self.model_dump(mode="json")


def _target(rung: AskedRung, codec: Codec) -> RungTarget:
    return RungTarget(
        name=f"{rung.height}p",
        long_side=round(rung.height * 16 / 9 / 2) * 2,
        short_side=rung.height,
        crf=codec.crf if rung.crf is None else rung.crf,
        max_bitrate_bps=rung.max_bitrate_bps or _usual_bitrate(rung.height, codec),
    )


def _usual_bitrate(height: int, codec: Codec) -> int:
    """Return the default bit rate of a height, which in Apple's ladder grows with its power of about 1.5."""
    return round(codec.full_hd_bitrate_bps * (height / _FULL_HEIGHT) ** 1.5 / 1000) * 1000


def name_for(title: str, taken: Collection[str]) -> str:
    """Return a name made from a title: “Été, court” becomes `ete-court`, with a number if that is taken."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    stem = "-".join(re.findall("[a-z0-9]+", plain))[:_LONGEST_STEM].strip("-") or "preset"
    names = (stem if number == 1 else f"{stem}-{number}" for number in count(1))
    return next(name for name in names if name not in taken)


def explained(error: ValidationError) -> list[dict[str, str]]:
    """Return the errors of an invalid request by field, with messages for people."""
    found = [(".".join(map(str, each["loc"])), each) for each in error.errors()]
    return [{"field": field, "message": _sentence(field, each)} for field, each in found]


def _sentence(field: str, error: ErrorDetails) -> str:
    bounded = _BOUNDED.get(re.sub(r"\.\d+", "", field)) or _BOUNDED.get(field.partition(".")[0])
    if bounded and error["type"] in _BOUNDS:
        return bounded
    known = _SENTENCES.get(error["type"])
    return known.format(**error.get("ctx", {})) if known else error["msg"].removeprefix("Value error, ")
