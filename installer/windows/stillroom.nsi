; Not tested on real machines. Makes a set-up program from the frozen folder; needs NSIS 3.
;   makensis /DFROZEN=build\frozen\stillroom /DVERSION=0.1.0 /DTARGET=dist\setup.exe installer\windows\stillroom.nsi
Unicode true
!ifndef VERSION
  !define VERSION "0.1.0"
!endif
!ifndef FROZEN
  !define FROZEN "..\..\build\frozen\stillroom"
!endif
!ifndef TARGET
  !define TARGET "stillroom-${VERSION}-setup.exe"
!endif
!define KEY "Software\Microsoft\Windows\CurrentVersion\Uninstall\Stillroom"
Name "Stillroom"
OutFile "${TARGET}"
InstallDir "$LOCALAPPDATA\Programs\Stillroom"
InstallDirRegKey HKCU "${KEY}" "InstallLocation" ; an update goes where the older version is
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
  WriteRegStr HKCU "${KEY}" "DisplayName" "Stillroom"
  WriteRegStr HKCU "${KEY}" "DisplayVersion" "${VERSION}"
  WriteRegStr HKCU "${KEY}" "DisplayIcon" "$INSTDIR\stillroom.exe"
  WriteRegStr HKCU "${KEY}" "InstallLocation" "$INSTDIR"
  WriteRegStr HKCU "${KEY}" "UninstallString" '"$INSTDIR\uninstall.exe"'
  WriteRegStr HKCU "${KEY}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /S'
  WriteRegDWORD HKCU "${KEY}" "NoModify" 1
  WriteRegDWORD HKCU "${KEY}" "NoRepair" 1
SectionEnd

Section "Uninstall"
  ; Only what was put there, never the whole folder: it may be one that holds other things. Runs, conversations and models
  ; lie elsewhere, and stay.
  RMDir /r "$INSTDIR\lib"
  Delete "$INSTDIR\stillroom.exe"
  Delete "$INSTDIR\uninstall.exe"
  RMDir "$INSTDIR"
  Delete "$SMPROGRAMS\Stillroom.lnk"
  DeleteRegKey HKCU "${KEY}"
SectionEnd
