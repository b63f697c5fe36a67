; Not tested on real machines. Makes a set-up program from the frozen folder; needs NSIS 3.
;   makensis /DFROZEN=build\frozen\stillroom /DVERSION=0.1.0 installer\windows\stillroom.nsi
Unicode true
!ifndef VERSION
  !define VERSION "0.1.0"
!endif
!ifndef FROZEN
  !define FROZEN "..\..\build\frozen\stillroom"
!endif
Name "Stillroom"
OutFile "stillroom-${VERSION}-setup.exe"
InstallDir "$LOCALAPPDATA\Programs\Stillroom"
RequestExecutionLevel user ; for this person only: no rights are needed
SetCompressor /SOLID lzma
!include MUI2.nsh
!insertmacro MUI_PAGE_LICENSE "..\..\LICENSE"
!insertmacro MUI_PAGE_DIRECTORY
!insertmacro MUI_PAGE_INSTFILES
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE "English"

Section
  SetOutPath "$INSTDIR"
  RMDir /r "$INSTDIR\lib" ; an older version's libraries must not stay beside the new ones
  File /r "${FROZEN}\*.*"
  WriteUninstaller "$INSTDIR\uninstall.exe"
  CreateShortcut "$SMPROGRAMS\Stillroom.lnk" "$INSTDIR\stillroom.exe"
  WriteRegStr HKCU "Software\Microsoft\Windows\CurrentVersion\Uninstall\Stillroom" "DisplayName" "Stillroom"
  WriteRegStr HKCU "Software\Microsoft\Windows\CurrentVersion\Uninstall\Stillroom" "DisplayVersion" "${VERSION}"
  WriteRegStr HKCU "Software\Microsoft\Windows\CurrentVersion\Uninstall\Stillroom" "UninstallString" '"$INSTDIR\uninstall.exe"'
SectionEnd

Section "Uninstall"
  ; Runs, conversations and models lie elsewhere, and stay.
  RMDir /r "$INSTDIR"
  Delete "$SMPROGRAMS\Stillroom.lnk"
  DeleteRegKey HKCU "Software\Microsoft\Windows\CurrentVersion\Uninstall\Stillroom"
SectionEnd
