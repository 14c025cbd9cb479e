import pytest
import torch
from stable_folder import save_stable_folder

from causaray.diffusion.schedule import turn
from causaray.errors import BadInput
from causaray.priors.stable_folder import save_stable
from causaray.priors.text_prior import load_prior


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return save_stable_folder(tmp_path_factory.mktemp("stable") / "tiny")


def at(prior, seed=0):
    """Latents, times and a context to ask a prior at."""
    return prior.noise(2, seed), torch.full((2,), 0.6), prior.embed(["pneumonia"])


def test_a_folder_is_read_as_a_prior(folder):
    prior = load_prior(folder, 64)
    assert (prior.name, prior.size, prior.shape, prior.drift) == ("tiny", 64, (4, 32, 32), None)
    latents = prior.codec.encode(torch.rand(2, 1, 64, 64))
    assert latents.shape == (2, 4, 32, 32) and prior.codec.decode(latents).shape == (2, 1, 64, 64)
    assert prior.words.pieces("no edema")[1:4] == ["n", "o", "e"]


def test_without_one_of_its_parts_it_is_refused(folder, tmp_path):
    (tmp_path / "model_index.json").write_text((folder / "model_index.json").read_text())
    with pytest.raises(BadInput, match="no whole Stable Diffusion folder"):
        load_prior(tmp_path, 64)


@pytest.mark.parametrize("step", [901, 501, 101])
def test_a_step_of_ddim_is_that_of_diffusers(folder, step):
    from diffusers import DDIMScheduler

    scheduler = DDIMScheduler.from_pretrained(folder, subfolder="scheduler")
    scheduler.set_timesteps(10)
    prior = load_prior(folder, 64)
    now, after = (prior.clock.angles[[i, i]].float() for i in (step, step - 100))
    assert prior.clock.network_time(now).tolist() == pytest.approx([step, step], abs=1e-2)
    z, context = prior.noise(2, 0), prior.embed(["pneumonia", "edema"])
    with torch.no_grad():
        eps = prior.unet(z, step, encoder_hidden_states=context).sample
        ours = turn(z, prior(z, now, context), now, after)
    torch.testing.assert_close(ours, scheduler.step(eps, step, z, eta=0.0).prev_sample, atol=1e-4, rtol=0)


@torch.no_grad()
def test_no_drift_leaves_every_bit_and_a_drift_offsets_what_the_network_is_shown(folder):
    prior = load_prior(folder, 64)
    z, t, context = at(prior)
    plain = prior(z, t, context)
    prior.drift = torch.zeros(1, 1, 1)
    assert torch.equal(prior(z, t, context), plain)
    prior.drift = torch.full((4, 1, 1), 0.1)
    eps = prior.unet(z + 0.1, prior.clock.network_time(t), encoder_hidden_states=context.expand(2, -1, -1)).sample
    torch.testing.assert_close(prior(z, t, context), prior.clock.velocity(eps, z, t))
    assert not torch.equal(prior(z, t, context), plain)


@torch.no_grad()
def test_a_folder_written_is_the_prior_again_and_one_of_diffusers(folder, tmp_path):
    from diffusers import DDIMScheduler

    prior = load_prior(folder, 64)
    prior.drift = torch.full((4, 1, 1), 0.1)
    save_stable(prior, folder, tmp_path / "made", about="a test")
    again = load_prior(tmp_path / "made", 64)
    assert again.drift.flatten().tolist() == pytest.approx([0.1] * 4)
    assert torch.equal(again(*at(again)), prior(*at(prior)))
    assert DDIMScheduler.from_pretrained(tmp_path / "made", subfolder="scheduler").config.beta_start == 0.00085
    assert not list((tmp_path / "made").rglob("*.bin"))


@torch.no_grad()
def test_diffusers_opens_what_we_write_and_we_what_diffusers_writes(folder, tmp_path):
    from diffusers import StableDiffusionPipeline

    prior = load_prior(folder, 64)
    for weight in prior.unet.parameters():  # as if it had been fine-tuned
        weight.add_(0.01)
    save_stable(prior, folder, tmp_path / "made", about="a test")
    pipeline = StableDiffusionPipeline.from_pretrained(tmp_path / "made", safety_checker=None, local_files_only=True)
    pipeline.set_progress_bar_config(disable=True)
    ours, theirs = prior.unet.state_dict(), pipeline.unet.state_dict()
    assert ours.keys() == theirs.keys() and all(torch.equal(ours[name], theirs[name]) for name in ours)
    made = pipeline("pneumonia", height=64, width=64, num_inference_steps=2, output_type="np").images
    assert made.shape == (1, 64, 64, 3) and made.min() >= 0 and made.max() <= 1
    pipeline.save_pretrained(tmp_path / "theirs")
    again = load_prior(tmp_path / "theirs", 64)
    assert torch.equal(again(*at(again)), prior(*at(prior)))
