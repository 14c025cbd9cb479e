"""The command line in other languages than English."""

from causaray.app.cli import main


def test_the_command_line_speaks_them(png, editor_folder, judge, tmp_path, capsys):
    common = ["--weights", str(editor_folder), "--out", str(tmp_path / "out"), "--json"]
    assert main(["edit", str(png), "--prompt", "keine Pneumonie", *common]) == 0
    assert '"request": "no pneumonia"' in capsys.readouterr().out
    assert main(["edit", str(png), "--prompt", "neumonía morada", *common, "--force"]) == 2
    assert "Palabra desconocida «morada»" in capsys.readouterr().err
