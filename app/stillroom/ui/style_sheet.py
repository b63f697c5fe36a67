"""The style sheet; ``@name`` stands for a colour of the appearance, ``@check`` for the picture of a tick on the accent."""

from __future__ import annotations

STYLE_SHEET = """
QToolTip { background: @raised; color: @text; border: 1px solid @strong_border; padding: 4px 6px; }

QLabel[role="title"] { font-size: 17pt; font-weight: 600; }
QLabel[role="heading"] { font-size: 13pt; font-weight: 600; }
QLabel[role="value"] { font-size: 14pt; font-weight: 600; }
QLabel[role="section"] { color: @muted; font-size: 8pt; font-weight: 700; }
QLabel[role="muted"] { color: @muted; }
QLabel[role="small"] { color: @muted; font-size: 8pt; }
QLabel[role="figure"] { font-weight: 600; }
QLabel[role="bad"] { color: @bad; }
QLabel[role="warn"] { color: @warn; }

QFrame[role="card"] { background: @surface; border: 1px solid @border; border-radius: 8px; }
QFrame[role="line"] { background: @border; border: none; max-height: 1px; min-height: 1px; }
QWidget#navigation { background: @surface; border-right: 1px solid @border; }
QWidget#sidePanel { background: @surface; border-left: 1px solid @border; }
QScrollArea { background: transparent; border: none; }
QScrollArea > QWidget > QWidget#panelContent { background: @surface; }

QPushButton, QToolButton[role="button"] {
    background: @raised; color: @text; border: 1px solid @strong_border; border-radius: 6px;
    padding: 5px 12px; min-height: 20px; }
QPushButton:hover, QToolButton[role="button"]:hover { background: @hover; }
QPushButton[role="thumbnail"] { border: 1px solid @border; border-radius: 2px; padding: 0; background: transparent; }
QPushButton:focus, QToolButton:focus { border: 1px solid @accent; outline: none; }
QPushButton:disabled, QToolButton[role="button"]:disabled { color: @muted; border-color: @border; background: @window; }
QPushButton[role="primary"] { background: @accent; color: @on_accent; border: 1px solid @accent; font-weight: 600; }
QPushButton[role="primary"]:hover { background: @accent_hover; border-color: @accent_hover; }
QPushButton[role="primary"]:focus { border: 2px solid @text; padding: 4px 11px; }
QPushButton[role="primary"]:disabled { background: @hover; color: @muted; border-color: @border; }
QPushButton[role="link"] { background: transparent; border: 1px solid transparent; color: @accent; padding: 4px 6px; }
QPushButton[role="link"]:hover { background: @accent_soft; }
QPushButton[role="link"]:disabled { color: @muted; background: transparent; border-color: transparent; }
QPushButton[role="link"]:focus { border: 1px solid @accent; }
QPushButton[role="quote"] { background: transparent; border: 1px solid transparent; border-left: 3px solid @accent;
    border-radius: 0; text-align: left; padding: 2px 8px; color: @text; }
QPushButton[role="quote"]:hover { background: @accent_soft; }
QPushButton[role="quote"]:focus { border: 1px solid @accent; border-left: 3px solid @accent; }
QToolButton[role="button"]::menu-indicator { image: none; }
QToolButton[role="flat"] { background: transparent; border: 1px solid transparent; border-radius: 6px; padding: 5px; }
QToolButton[role="flat"]:hover, QToolButton[role="flat"]:checked { background: @hover; }
QToolButton[role="flat"]:focus { border: 1px solid @accent; }
QToolButton[role="nav"] { background: transparent; border: 1px solid transparent; border-radius: 8px;
    padding: 8px 4px; color: @muted; font-size: 8pt; min-width: 64px; }
QToolButton[role="nav"][compact="true"] { padding: 4px; min-height: 20px; min-width: 32px; }
QToolButton[role="nav"]:hover { background: @hover; }
QToolButton[role="nav"]:checked { background: @accent_soft; color: @accent; font-weight: 600; }
QToolButton[role="nav"]:focus { border: 1px solid @accent; }
QToolButton[role="chip"] { background: @warn_soft; color: @warn; border: 1px solid transparent; border-radius: 13px;
    padding: 3px 4px 3px 8px; font-weight: 600; min-height: 18px; }
QToolButton[role="chip"]:checked { border: 1px solid @warn; }
QToolButton[role="chip"]:focus { border: 1px solid @accent; }
QToolButton[role="chip"][quiet="true"] { background: @good_soft; color: @good; }

QComboBox { background: @raised; border: 1px solid @strong_border; border-radius: 6px; padding: 5px 10px;
    min-height: 20px; combobox-popup: 0; }
QComboBox:hover { background: @hover; }
QComboBox:focus { border: 1px solid @accent; }
QComboBox:disabled { color: @muted; background: @window; border-color: @border; }
QComboBox::drop-down { border: none; width: 26px; }
QComboBox QAbstractItemView { background: @surface; border: 1px solid @strong_border; padding: 4px; outline: none;
    selection-background-color: @selection; selection-color: @text; }

QMenu { background: @surface; border: 1px solid @strong_border; padding: 4px; }
QMenu::item { padding: 6px 28px 6px 12px; border-radius: 4px; }
QMenu::item:selected { background: @selection; color: @text; }
QMenu::item:disabled { color: @muted; }
QMenu::indicator:non-exclusive { left: 8px; width: 12px; height: 12px; border-radius: 2px; }
QMenu::indicator:non-exclusive:unchecked { border: 1px solid @muted; background: @raised; }
QMenu::indicator:non-exclusive:checked { border: 1px solid @accent; background: @accent; image: url("@check"); }
QMenu::separator { height: 1px; background: @border; margin: 4px 8px; }

QProgressBar { background: @border; border: none; border-radius: 3px; max-height: 6px; min-height: 6px; }
QProgressBar::chunk { background: @accent; border-radius: 3px; }

QTableView { background: @surface; border: 1px solid @border; border-radius: 8px; gridline-color: @border;
    selection-background-color: @selection; selection-color: @text; outline: none; padding: 1px; }
QTableWidget::item { padding: 0px 5px; }
QTableView:focus { border: 1px solid @accent; }
QHeaderView { background: @surface; border: none; }
QHeaderView::section { background: @surface; color: @muted; border: none; border-bottom: 1px solid @strong_border;
    padding: 7px 8px; font-weight: 600; }
QAbstractScrollArea::corner { background: transparent; border: none; }
QTableCornerButton::section { background: @surface; border: none; }
QTreeWidget, QListWidget { background: @surface; border: none; outline: none; }
QTreeWidget { border: 1px solid @border; border-radius: 8px; padding: 1px; }
QTreeWidget[role="bare"] { border: 1px solid transparent; border-radius: 4px; }
QListWidget::item { padding: 3px 4px; border-radius: 4px; }
QTreeWidget::item { padding: 3px 4px; }
QTreeWidget::item:selected, QListWidget::item:selected { background: @selection; color: @text; }
QTreeWidget:focus { border: 1px solid @accent; }
QListWidget:focus { border: 1px solid @accent; border-radius: 4px; }

QTabBar { background: transparent; }
QTabBar::tab { background: transparent; color: @muted; padding: 7px 14px; border: none;
    border-bottom: 2px solid transparent; }
QTabBar::tab:hover { color: @text; }
QTabBar::tab:selected { color: @text; border-bottom: 2px solid @accent; font-weight: 600; }
QTabBar::tab:focus { color: @accent; }

QFrame#banner { border-radius: 8px; border: 1px solid @strong_border; background: @accent_soft; }
QFrame#banner[kind="warn"] { background: @warn_soft; }
QFrame#banner[kind="bad"] { background: @bad_soft; }
QFrame#quote { background: @window; border: 1px solid @border; border-radius: 6px; }

QSplitter::handle { background: transparent; }
QScrollBar:vertical { background: transparent; width: 10px; margin: 2px; }
QScrollBar:horizontal { background: transparent; height: 10px; margin: 2px; }
QScrollBar::handle { background: @strong_border; border-radius: 3px; min-height: 28px; min-width: 28px; }
QScrollBar::handle:hover { background: @muted; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QPlainTextEdit, QTextEdit { background: @surface; border: 1px solid @border; border-radius: 6px; padding: 4px; }
QLineEdit { background: @raised; border: 1px solid @strong_border; border-radius: 6px; padding: 5px 8px; min-height: 20px;
    selection-background-color: @selection; selection-color: @text; }
QLineEdit:focus, QPlainTextEdit:focus, QTextEdit:focus { border: 1px solid @accent; }
QSpinBox, QDoubleSpinBox { background: @raised; border: 1px solid @strong_border; border-radius: 6px; padding: 4px 8px;
    min-height: 20px; }
QSpinBox:focus, QDoubleSpinBox:focus { border: 1px solid @accent; }
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button { width: 0; border: none; }
QAbstractSpinBox QLineEdit { padding: 0 4px; border: none; background: transparent; min-height: 0; }
QDialogButtonBox { dialogbuttonbox-buttons-have-icons: 0; }
QCheckBox, QRadioButton { spacing: 8px; }
QCheckBox::indicator, QListWidget::indicator { width: 12px; height: 12px; border-radius: 2px; }
QCheckBox::indicator:unchecked, QListWidget::indicator:unchecked { border: 1px solid @muted; background: @raised; }
QCheckBox::indicator:checked, QListWidget::indicator:checked { border: 1px solid @accent; background: @accent;
    image: url("@check"); }
QCheckBox::indicator:disabled { border: 1px solid @strong_border; background: @hover; }
QCheckBox:focus { color: @accent; }
QRadioButton::indicator { width: 12px; height: 12px; border-radius: 7px; }
QRadioButton::indicator:unchecked { border: 1px solid @muted; background: @raised; }
QRadioButton::indicator:checked { border: 4px solid @accent; background: @on_accent; width: 6px; height: 6px; }
QRadioButton:focus { color: @accent; }
QWidget#turn[speaker="user"] { background: @surface; border: 1px solid @border; border-radius: 8px; }
QWidget#turn[speaker="note"] { background: @warn_soft; border-radius: 8px; }
QFrame#composer { background: @surface; border: 1px solid @strong_border; border-radius: 10px; }
QFrame#composer QPlainTextEdit { border: none; background: transparent; }
QListView { background: @surface; border: 1px solid @border; border-radius: 8px; outline: none; padding: 4px; }
QListView::item { padding: 6px 8px; border-radius: 6px; }
QListView::item:hover { background: @hover; }
QListView::item:selected { background: @selection; color: @text; }
QListView:focus { border: 1px solid @accent; }
QSlider::groove:horizontal { background: @border; height: 4px; border-radius: 2px; }
QSlider::handle:horizontal { background: @accent; width: 14px; height: 14px; margin: -5px 0; border-radius: 7px; }
QSlider::sub-page:horizontal { background: @accent; border-radius: 2px; }
"""
