import pytest
import torch

from stylize.devices import convolution_dtype, first, resolve, resolve_all
from stylize.errors import DeviceError


def test_cpu_is_the_cpu():
    assert resolve("cpu") == torch.device("cpu")


def test_auto_takes_what_is_there():
    here = {"cpu", "mps" if torch.backends.mps.is_available() else "cpu"}
    expected = {"cuda"} if torch.cuda.is_available() else here

    assert resolve("auto").type in expected


@pytest.mark.parametrize(
    "name", ["", "gpu", "cuda:", "cuda:x", "cpu:1", "mps:0", "CPU"]
)
def test_unknown_names_are_refused_with_the_known_ones(name):
    with pytest.raises(DeviceError, match="use auto, cpu, cuda, cuda:N or mps"):
        resolve(name)


def test_a_missing_cuda_device_is_refused_with_the_number_there_is():
    count = torch.cuda.device_count()

    with pytest.raises(DeviceError, match=f"has {count} CUDA devices"):
        resolve(f"cuda:{count}")


def test_a_cpu_convolves_in_bfloat16_only_where_it_has_it():
    chip = torch.cpu.get_capabilities()
    native = chip.get("amx_bf16") or chip.get("avx512_bf16")

    expected = torch.bfloat16 if native else torch.float32
    assert convolution_dtype(torch.device("cpu")) == expected


def test_a_list_names_several_devices():
    cpu = torch.device("cpu")

    assert resolve_all("cpu") == [cpu]
    assert resolve_all("cpu, cpu") == [cpu, cpu]
    assert first("cpu,cpu") == cpu


def test_all_cuda_devices_are_those_there_are():
    count = torch.cuda.device_count()
    if not count:
        with pytest.raises(DeviceError, match="has no CUDA device"):
            resolve_all("cuda:all")
    else:
        assert resolve_all("cuda:all") == [
            torch.device("cuda", index) for index in range(count)
        ]


@pytest.mark.parametrize("names", ["cpu,", "cpu,gpu", "cuda:all,cpu", "all"])
def test_a_list_with_an_unknown_name_is_refused(names):
    with pytest.raises(DeviceError, match="unknown device"):
        resolve_all(names)
