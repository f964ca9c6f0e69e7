"""Circular convolution by FFT, with plans that are kept.

On a CPU torch plans its FFT anew in every call, which takes MKL as long as 30 transforms: 50 µs
for 2048 points, 700 µs for 32768. But torch carries MKL in its own library, and MKL's C interface
(Intel oneMKL Developer Reference, "FFT functions") with it. Through that a plan is made once, and
a window can be transformed by itself, while it is in the cache. Elsewhere (GPUs, processors and
builds without MKL) ``torch.fft`` does the same, many signals at a time.
"""

import ctypes
from collections.abc import Callable, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray

# Parameters and values of mkl_dfti.h.
_REAL = 33
_BACKWARD_SCALE, _TRANSFORMS, _EVEN_STORAGE, _PLACEMENT = 5, 7, 10, 11
_INPUT_DISTANCE, _OUTPUT_DISTANCE, _THREAD_LIMIT = 14, 15, 27
_COMPLEX_COMPLEX, _IN_PLACE, _NOT_IN_PLACE = 39, 43, 44

SLOWER = (
    "windows are mixed by torch.fft, because this machine's torch shows no MKL whose plans could "
    "be kept: the sound is the same up to rounding, but mixing takes about 1.5 times as long"
)
"""What a user is told when the backend is not MKL."""
Spectrum = NDArray[np.complex64]
Transform = Callable[[int, int], int]


class Convolver:
    """Room for a few signals of some blocks each, which it convolves with a response a signal.

    Blocks are ``size`` long and begin ``step`` samples apart, so they overlap when that is less;
    a signal begins one step after the last block of the one before it.
    """

    def __init__(
        self, size: int, step: int, blocks: int, together: int, device: torch.device
    ) -> None:
        planned = device.type == "cpu" and backend() == "mkl"
        self.most = 1 if planned else together
        """How many signals there is room for: ``together`` where that is quicker, else one."""
        # Memory of torch's begins where a cache line does. Spectra turn into results in place.
        spectra = torch.zeros(self.most, blocks, size // 2 + 1, dtype=torch.complex64)
        results = torch.view_as_real(spectra).flatten(2)[:, :, :size]
        alone = planned and blocks == 1
        samples = (self.most * blocks - 1) * step + size
        signals = results.flatten() if alone else torch.zeros(samples)
        self.signals: NDArray[np.float32] = signals.numpy()
        """What to write the signals into; zeros at first. A lone block does not outlast a call."""
        self.results: NDArray[np.float32] = results.numpy()
        """What became of the signals in the last call: [most, blocks, size]."""
        self._rows = signals.as_strided((self.most * blocks, size), (step, 1))
        self._spectra: Spectrum = spectra.numpy()
        self._device = device
        self._plans = _plans(size, step, blocks, alone) if planned else None
        self._places = signals.data_ptr(), spectra.data_ptr()

    def convolve(self, responses: Sequence[Spectrum]) -> None:
        """Convolve, in circles, each block of the first signals with the response of its signal.

        Responses are spectra [size // 2 + 1]. A result depends on its block and response alone,
        to the last bit.
        """
        if self._plans:
            forward, backward = self._plans
            signals, spectra = self._places
            failed = forward(signals, spectra)
            np.multiply(self._spectra, responses[0], out=self._spectra)
            if failed or backward(spectra, spectra):
                raise RuntimeError("MKL could not transform a window: is there memory left?")
            return
        count, (_, blocks, size) = len(responses), self.results.shape
        bins = torch.fft.rfft(self._rows[: count * blocks].to(self._device))
        bins = bins.view(count, blocks, -1)
        bins *= torch.from_numpy(np.stack(responses)).to(self._device)[:, None]
        self.results[:count] = torch.fft.irfft(bins, n=size).cpu().numpy()


def backend() -> Literal["mkl", "torch"]:
    """What transforms windows on this machine's CPU: MKL's kept plans, or ``torch.fft``."""
    return "torch" if _mkl() is None else "mkl"


@cache
def _mkl() -> ctypes.CDLL | None:
    """The library of torch's that holds MKL, where it shows it."""
    try:
        mkl = ctypes.CDLL(str(Path(torch.__file__).parent / "lib" / "libtorch_cpu.so"))
        for plan in (mkl.DftiCreateDescriptor_s_1d, mkl.DftiSetValue, mkl.DftiCommitDescriptor):
            plan.restype = ctypes.c_long
        for compute in (mkl.DftiComputeForward, mkl.DftiComputeBackward):
            compute.restype, compute.argtypes = ctypes.c_long, [ctypes.c_void_p] * 3
    except (OSError, AttributeError):
        return None
    return mkl


@cache
def _plans(size: int, step: int, blocks: int, alone: bool) -> tuple[Transform, Transform]:
    """Transforms of blocks that begin ``step`` apart into spectra, and of these into blocks.

    Each goes from one address to another: the second, and for ``alone`` also the first, to the
    same. Plans are never freed: a process needs a pair for each length of windows and of rooms.
    """
    mkl = _mkl()
    assert mkl is not None

    def planned(source: int, target: int, in_place: bool) -> ctypes.c_void_p:
        plan = ctypes.c_void_p()
        status = [mkl.DftiCreateDescriptor_s_1d(ctypes.byref(plan), _REAL, ctypes.c_long(size))]
        for parameter, value in (
            (_PLACEMENT, _IN_PLACE if in_place else _NOT_IN_PLACE),
            (_EVEN_STORAGE, _COMPLEX_COMPLEX),
            (_TRANSFORMS, blocks),
            (_INPUT_DISTANCE, source),
            (_OUTPUT_DISTANCE, target),
            (_THREAD_LIMIT, 1),
        ):
            status.append(mkl.DftiSetValue(plan, parameter, ctypes.c_long(value)))
        status.append(mkl.DftiSetValue(plan, _BACKWARD_SCALE, ctypes.c_double(1 / size)))
        status.append(mkl.DftiCommitDescriptor(plan))
        if any(status):
            raise RuntimeError(f"MKL cannot plan {blocks} FFTs of {size}: {status}")
        return plan

    bins = size // 2 + 1
    forward = planned(2 * bins if alone else step, bins, alone)
    backward = planned(bins, 2 * bins, True)
    return partial(mkl.DftiComputeForward, forward), partial(mkl.DftiComputeBackward, backward)
