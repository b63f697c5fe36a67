# Not tested on real machines. Makes the set-up program on Windows: needs Python 3.11 to 3.14, Visual Studio's C++ tools and NSIS.
#   powershell -File installer\windows\build.ps1
$ErrorActionPreference = "Stop"
function Check { if ($LASTEXITCODE -ne 0) { throw "The last step failed." } }
$checkout = Resolve-Path "$PSScriptRoot\..\.."
Set-Location $checkout
$environment = "$checkout\build\venv"
$python = "$environment\Scripts\python.exe"
$env:CMAKE_ARGS = "-DGGML_NATIVE=OFF -DGGML_BACKEND_DL=ON -DGGML_CPU_ALL_VARIANTS=ON"
$env:PYTHONHASHSEED = "0"
# The environment, the engine and the starter model, as the set-up of a checkout makes them.
$env:PYTHONPATH = "$checkout\installer"
python -m set_up --environment $environment --stamp package; Check
$env:PYTHONPATH = $null
$env:STARTER_MODEL = (Get-Content "$environment\model")[1]
& $python -m pip install --quiet --require-hashes --only-binary :all: -r installer\requirements\package.txt; Check
& $python -m PyInstaller --noconfirm --distpath build\frozen --workpath build\work installer\stillroom.spec; Check
$version = & $python -c "import stillroom; print(stillroom.__version__)"; Check
New-Item -ItemType Directory -Force dist | Out-Null
makensis "/DVERSION=$version" "/DFROZEN=$checkout\build\frozen\stillroom" "/DTARGET=$checkout\dist\stillroom-$version-setup.exe" `
    installer\windows\stillroom.nsi; Check
