import torch

from causaray.nets.autoencoder import Shape
from causaray.systems.causal_disentanglement.attention_maps import attention_maps
from causaray.systems.causal_disentanglement.editor import CausalDisentanglementEditor, Config, EditorNet


def editor(layers: int) -> CausalDisentanglementEditor:
    torch.manual_seed(0)
    config = Config("tiny", ("Edema",), Shape(64, 3, 8, 16, 1, layers, 32, 4), 32, 1, steps=2)
    return CausalDisentanglementEditor(EditorNet(config), config)


def test_attention_of_every_token_sums_to_one_and_explains_what_the_layer_does() -> None:
    net = editor(2).net.autoencoder.interaction
    z = torch.randn(2, 3, 16, 16)
    seen = net.attention(z)
    assert seen.shape == (2, 2, 3, 16, 3, 16)
    torch.testing.assert_close(seen.sum((4, 5)), torch.ones(2, 2, 3, 16))
    layer, tokens = net.layers[0], net._tokens(z)
    values = layer._heads(layer.norm1(tokens))[2]
    q, k, _ = layer._heads(layer.norm1(tokens))
    mixed = (q @ k.transpose(2, 3) / q.shape[-1] ** 0.5).softmax(-1) @ values
    by_hand = layer.out(mixed.transpose(1, 2).flatten(2))
    torch.testing.assert_close(by_hand, layer.attend(layer.norm1(tokens)), atol=1e-5, rtol=1e-4)


def test_even_attention_is_one_everywhere() -> None:
    made = editor(2)
    for layer in made.net.autoencoder.interaction.layers:
        torch.nn.init.zeros_(layer.qkv.weight)
        torch.nn.init.zeros_(layer.qkv.bias)
    maps = attention_maps(made, torch.rand(2, 1, 64, 64))
    assert maps.acting.shape == maps.acted_on.shape == (2, 2, 4, 4)
    torch.testing.assert_close(maps.acting, torch.ones(2, 2, 4, 4))
    torch.testing.assert_close(maps.acted_on, torch.ones(2, 2, 4, 4))


def test_a_transformer_without_layers_looks_at_nothing() -> None:
    assert attention_maps(editor(0), torch.rand(1, 1, 64, 64)).acting.shape == (1, 0, 4, 4)
