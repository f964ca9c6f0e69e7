"""The graph of a Piper voice of quality "medium" with 904 speakers, and random weights.

    python -m bench.vits FOLDER [--speakers 904]

writes ``random-medium.onnx`` and its ``.onnx.json``. Sizes and order of operations are those of
VITS (Kim, Kong and Son, "Conditional variational autoencoder with adversarial learning for
end-to-end text-to-speech", 2021) in the sizes that Piper's voices of this quality have, so that a
clip costs what one of ``en_US-libritts_r-medium`` costs; what it says is noise. The durations'
bias is set so that an id lasts about four frames (46 ms), as in Piper's voices.
"""

import argparse
import json
import math
import warnings
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

HIDDEN, FILTER, HEADS, LAYERS, REACH = 192, 768, 2, 6, 4
SPEAKER = 512
SYMBOLS = 256
RATES, KERNELS, CHANNELS = (8, 8, 4), (16, 16, 8), 256
BLOCKS = ((3, (1, 2)), (5, (2, 6)), (7, (3, 12)))
BINS, TAIL = 10, 5.0
FRAMES_AN_ID = 4.0
PHONEMES = (
    "_^$ !'(),-.:;?abcdefhijklmnopqrstuvwxyzæçðøħŋœǀǁǂǃɐɑɒɓɔɕɖɗɘəɚɛɜɞɟɠɡɢɣɤɥɦɧɨɪɫɬɭɮɯɰɱɲɳɴɵɶɸɹɺɻɽɾ"
    'ʀʁʂʃʄʈʉʊʋʌʍʎʏʐʑʒʔʕʘʙʛʜʝʟʡʢʲˈˌːˑ˞βθχᵻⱱ0123456789̧̪̯̩̃ʰˤε↓#"↑'
)


def same(channels: int, kernel: int, dilation: int = 1, out: int = 0, groups: int = 1) -> nn.Conv1d:
    """A convolution that keeps the length."""
    padding = dilation * (kernel - 1) // 2
    return nn.Conv1d(
        channels, out or channels, kernel, padding=padding, dilation=dilation, groups=groups
    )


class Norm(nn.Module):
    """Layer norm over channels."""

    def __init__(self, channels: int = HIDDEN) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(channels)

    def forward(self, x: Tensor) -> Tensor:
        normed: Tensor = self.norm(x.transpose(1, 2))
        return normed.transpose(1, 2)


class Attention(nn.Module):
    """Self-attention with relative positions within ``REACH``."""

    def __init__(self) -> None:
        super().__init__()
        self.size = HIDDEN // HEADS
        self.query, self.key, self.value, self.out = (nn.Conv1d(HIDDEN, HIDDEN, 1) for _ in "qkvo")
        shape = (1, 2 * REACH + 1, self.size)
        self.near_keys = nn.Parameter(torch.randn(shape) * self.size**-0.5)
        self.near_values = nn.Parameter(torch.randn(shape) * self.size**-0.5)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        count = x.size(2)
        query, key, value = (
            one(x).view(1, HEADS, self.size, count).transpose(2, 3) / scale
            for one, scale in ((self.query, self.size**0.5), (self.key, 1), (self.value, 1))
        )
        steps = torch.arange(count)
        apart = steps[None, :] - steps[:, None]
        near = (apart.abs() <= REACH).to(x.dtype)
        index = (apart.clamp(-REACH, REACH) + REACH)[None, None].expand(1, HEADS, -1, -1)
        scores = query @ key.transpose(2, 3)
        scores = scores + torch.gather(query @ self.near_keys[0].T, 3, index) * near
        scores = scores.masked_fill(mask.unsqueeze(1) * mask.unsqueeze(-1) == 0, -1e4)
        weights = F.softmax(scores, dim=-1)
        base = torch.zeros(1, HEADS, count, 2 * REACH + 1)
        banded = base.scatter_add(3, index, weights * near)
        mixed = weights @ value + banded @ self.near_values[0]
        out: Tensor = self.out(mixed.transpose(2, 3).reshape(1, HIDDEN, count))
        return out


class Encoder(nn.Module):
    """The text encoder."""

    def __init__(self) -> None:
        super().__init__()
        self.symbols = nn.Embedding(SYMBOLS, HIDDEN)
        self.attention = nn.ModuleList(Attention() for _ in range(LAYERS))
        self.up = nn.ModuleList(same(HIDDEN, 3, out=FILTER) for _ in range(LAYERS))
        self.down = nn.ModuleList(same(FILTER, 3, out=HIDDEN) for _ in range(LAYERS))
        self.norms = nn.ModuleList(Norm() for _ in range(2 * LAYERS))
        self.out = nn.Conv1d(HIDDEN, 2 * HIDDEN, 1)

    def forward(self, ids: Tensor, mask: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        x = (self.symbols(ids) * math.sqrt(HIDDEN)).transpose(1, 2) * mask
        for i in range(LAYERS):
            x = self.norms[2 * i](x + self.attention[i](x, mask))
            inner = self.down[i](F.relu(self.up[i](x * mask)) * mask) * mask
            x = self.norms[2 * i + 1](x + inner)
        x = x * mask
        mean, logs = torch.split(self.out(x) * mask, HIDDEN, 1)
        return x, mean, logs


class Separable(nn.Module):
    """Dilated depth-separable convolutions."""

    def __init__(self) -> None:
        super().__init__()
        self.deep = nn.ModuleList(same(HIDDEN, 3, 3**i, groups=HIDDEN) for i in range(3))
        self.point = nn.ModuleList(nn.Conv1d(HIDDEN, HIDDEN, 1) for _ in range(3))
        self.norms = nn.ModuleList(Norm() for _ in range(6))

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        for i in range(3):
            y = F.gelu(self.norms[2 * i](self.deep[i](x * mask)))
            x = x + F.gelu(self.norms[2 * i + 1](self.point[i](y)))
        return x * mask


class SplineFlow(nn.Module):
    """One channel of two bent by a rational-quadratic spline of the other, inverted."""

    def __init__(self) -> None:
        super().__init__()
        self.pre, self.convs = nn.Conv1d(1, HIDDEN, 1), Separable()
        self.out = nn.Conv1d(HIDDEN, 3 * BINS - 1, 1)

    def forward(self, z: Tensor, mask: Tensor, given: Tensor) -> Tensor:
        one, two = torch.split(z, 1, 1)
        h = self.out(self.convs(self.pre(one) + given, mask)) * mask
        h = h.transpose(1, 2)  # [1, ids, 3 * bins - 1]
        widths = _knots(h[..., :BINS] / math.sqrt(HIDDEN))
        heights = _knots(h[..., BINS : 2 * BINS] / math.sqrt(HIDDEN))
        slopes = F.pad(F.softplus(h[..., 2 * BINS :]) + 1e-3, (1, 1), value=1.0)
        y = two.transpose(1, 2)
        inside = ((y >= -TAIL) & (y <= TAIL)).to(y.dtype)
        at = y.clamp(-TAIL, TAIL - 1e-6)
        bin_ = (at >= heights[..., :-1]).sum(-1, keepdim=True) - 1
        x0, x1 = torch.gather(widths, -1, bin_), torch.gather(widths, -1, bin_ + 1)
        y0, y1 = torch.gather(heights, -1, bin_), torch.gather(heights, -1, bin_ + 1)
        d0, d1 = torch.gather(slopes, -1, bin_), torch.gather(slopes, -1, bin_ + 1)
        mean = (y1 - y0) / (x1 - x0)
        rest = (at - y0) * (d0 + d1 - 2 * mean)
        a = (y1 - y0) * (mean - d0) + rest
        b = (y1 - y0) * d0 - rest
        c = -mean * (at - y0)
        root = 2 * c / (-b - (b * b - 4 * a * c).clamp(min=0).sqrt())
        bent = inside * (root * (x1 - x0) + x0) + (1 - inside) * y
        return torch.cat([one, bent.transpose(1, 2)], 1) * mask


def _knots(raw: Tensor) -> Tensor:
    """The borders of the bins, from -TAIL to TAIL."""
    parts = 1e-3 + (1 - 1e-3 * BINS) * F.softmax(raw, -1)
    return F.pad(parts.cumsum(-1), (1, 0)) * (2 * TAIL) - TAIL


class Durations(nn.Module):
    """The stochastic duration predictor, as it speaks."""

    def __init__(self) -> None:
        super().__init__()
        self.pre, self.out = nn.Conv1d(HIDDEN, HIDDEN, 1), nn.Conv1d(HIDDEN, HIDDEN, 1)
        self.speaker = nn.Conv1d(SPEAKER, HIDDEN, 1)
        self.convs = Separable()
        self.flows = nn.ModuleList(SplineFlow() for _ in range(3))
        self.shift = nn.Parameter(torch.full((2, 1), -math.log(FRAMES_AN_ID) / 0.1))
        self.scale = nn.Parameter(torch.full((2, 1), math.log(0.1)))

    def forward(self, x: Tensor, mask: Tensor, speaker: Tensor, noise: Tensor) -> Tensor:
        given = self.out(self.convs(self.pre(x) + self.speaker(speaker), mask)) * mask
        z = torch.randn(x.size(0), 2, x.size(2)).type_as(x) * noise
        for flow in self.flows:
            z = flow(z.flip(1), mask, given)
        z = (z - self.shift) * torch.exp(self.scale) * mask
        return z[:, :1]


class Gated(nn.Module):
    """WaveNet's gated convolutions, told the speaker."""

    def __init__(self) -> None:
        super().__init__()
        self.into = nn.ModuleList(same(HIDDEN, 5, out=2 * HIDDEN) for _ in range(4))
        self.out = nn.ModuleList(
            nn.Conv1d(HIDDEN, HIDDEN if i == 3 else 2 * HIDDEN, 1) for i in range(4)
        )
        self.speaker = nn.Conv1d(SPEAKER, 8 * HIDDEN, 1)

    def forward(self, x: Tensor, mask: Tensor, speaker: Tensor) -> Tensor:
        told = torch.split(self.speaker(speaker), 2 * HIDDEN, 1)
        total = torch.zeros_like(x)
        for i in range(4):
            one, two = torch.split(self.into[i](x) + told[i], HIDDEN, 1)
            y = self.out[i](torch.tanh(one) * torch.sigmoid(two))
            if i < 3:
                x = (x + y[:, :HIDDEN]) * mask
                total = total + y[:, HIDDEN:]
            else:
                total = total + y
        return total * mask


class Coupling(nn.Module):
    """Half of the channels shifted by what the other half says, inverted."""

    def __init__(self) -> None:
        super().__init__()
        self.pre = nn.Conv1d(HIDDEN // 2, HIDDEN, 1)
        self.gated = Gated()
        self.post = nn.Conv1d(HIDDEN, HIDDEN // 2, 1)

    def forward(self, x: Tensor, mask: Tensor, speaker: Tensor) -> Tensor:
        one, two = torch.split(x.flip(1), HIDDEN // 2, 1)
        shift = self.post(self.gated(self.pre(one) * mask, mask, speaker)) * mask
        return torch.cat([one, (two - shift) * mask], 1)


class Decoder(nn.Module):
    """HiFi-GAN's generator (Kong, Kim and Bae, 2020), its second kind of block."""

    def __init__(self) -> None:
        super().__init__()
        self.pre = same(HIDDEN, 7, out=CHANNELS)
        self.speaker = nn.Conv1d(SPEAKER, CHANNELS, 1)
        self.up, self.blocks = nn.ModuleList(), nn.ModuleList()
        channels = CHANNELS
        for rate, kernel in zip(RATES, KERNELS, strict=True):
            self.up.append(
                nn.ConvTranspose1d(channels, channels // 2, kernel, rate, (kernel - rate) // 2)
            )
            channels //= 2
            self.blocks.append(
                nn.ModuleList(
                    nn.ModuleList(same(channels, size, d) for d in dilations)
                    for size, dilations in BLOCKS
                )
            )
        self.post = nn.Conv1d(channels, 1, 7, padding=3, bias=False)

    def forward(self, x: Tensor, speaker: Tensor) -> Tensor:
        x = self.pre(x) + self.speaker(speaker)
        for up, blocks in zip(self.up, self.blocks, strict=True):
            x = up(F.leaky_relu(x, 0.1))
            total = torch.zeros(1)
            for convs in blocks:  # type: ignore[attr-defined]
                y = x
                for conv in convs:
                    y = y + conv(F.leaky_relu(y, 0.1))
                total = total + y
            x = total / len(BLOCKS)
        return torch.tanh(self.post(F.leaky_relu(x)))


class Voice(nn.Module):
    """The whole, with the inputs and the output of a Piper voice."""

    def __init__(self, speakers: int) -> None:
        super().__init__()
        self.speakers = nn.Embedding(speakers, SPEAKER)
        self.encoder, self.durations = Encoder(), Durations()
        self.couplings = nn.ModuleList(Coupling() for _ in range(4))
        self.decoder = Decoder()

    def forward(self, ids: Tensor, lengths: Tensor, scales: Tensor, sid: Tensor) -> Tensor:
        speaker = self.speakers(sid).unsqueeze(-1)
        mask = (torch.arange(ids.size(1))[None] < lengths[:, None]).unsqueeze(1).to(scales.dtype)
        x, mean, logs = self.encoder(ids, mask)
        width = torch.exp(self.durations(x, mask, speaker, scales[2])) * mask * scales[1]
        ends = torch.ceil(width).sum([1, 2]).clamp(min=1).long()
        frames = torch.arange(ends.max())  # type: ignore[call-overload]
        borders = torch.ceil(width).cumsum(2)[0, 0]
        path = (frames[:, None] >= borders[None]).sum(1).clamp(max=ids.size(1) - 1)
        mean, logs = mean[:, :, path], logs[:, :, path]
        z = mean + torch.randn_like(mean) * torch.exp(logs) * scales[0]
        whole = (frames[None] < ends[:, None]).unsqueeze(1).to(scales.dtype)
        for coupling in self.couplings:
            z = coupling(z, whole, speaker)
        out: Tensor = self.decoder(z * whole, speaker).unsqueeze(1)
        return out


def write(folder: Path, speakers: int = 904, name: str = "random-medium") -> Path:
    """Write the voice into a folder; the path of its graph."""
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    voice = Voice(speakers).eval()
    ids = torch.randint(1, 100, (1, 21))
    given = (ids, torch.tensor([21]), torch.tensor([0.667, 1.0, 0.8]), torch.tensor([3]))
    path = folder / f"{name}.onnx"
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            voice,
            given,
            str(path),
            input_names=["input", "input_lengths", "scales", "sid"],
            output_names=["output"],
            dynamic_axes={"input": {1: "phonemes"}, "output": {3: "time"}},
            opset_version=15,
            dynamo=False,
        )
    config = {
        "audio": {"sample_rate": 22050, "quality": "medium"},
        "espeak": {"voice": "en-us"},
        "language": {"code": "en_US", "family": "en", "region": "US"},
        "inference": {"noise_scale": 0.333, "length_scale": 1, "noise_w": 0.333},
        "phoneme_type": "espeak",
        "phoneme_id_map": {sign: [number] for number, sign in enumerate(PHONEMES)},
        "num_symbols": SYMBOLS,
        "num_speakers": speakers,
        "speaker_id_map": {f"p{number}": number for number in range(speakers)},
    }
    path.with_suffix(".onnx.json").write_text(json.dumps(config), encoding="utf-8")
    return path


def main() -> None:
    """Write and say how large it is."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("folder", type=Path)
    options.add_argument("--speakers", type=int, default=904)
    given = options.parse_args()
    path = write(given.folder, given.speakers)
    print(f"{path}: {path.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
