"""The list of the catalogue: chapters that fold, and their lessons."""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetrics, QMouseEvent, QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QTreeWidget

from explainer.render.look import Look

LESSON = Qt.ItemDataRole.UserRole
CHAPTER = Qt.ItemDataRole.UserRole + 1
WRAP = Qt.TextFlag.TextWordWrap
Index = QModelIndex | QPersistentModelIndex


class BookTree(QTreeWidget):
    """Emits letters that are typed on it; a press on what cannot be chosen leaves the selection as it is."""

    typed = Signal(str)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.rows = Rows(look, self)
        self.setItemDelegate(self.rows)
        self.setHeaderHidden(True)
        self.setRootIsDecorated(False)
        self.setIndentation(0)
        self.setExpandsOnDoubleClick(False)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setAccessibleName("Chapters and lessons")
        self.itemSelectionChanged.connect(self.scheduleDelayedItemsLayout)  # the chosen title is bold, so wider

    def set_look(self, look: Look) -> None:
        self.rows.look = look
        self.scheduleDelayedItemsLayout()
        self.viewport().update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        item = self.itemAt(event.position().toPoint())
        if item is not None and not item.flags() & Qt.ItemFlag.ItemIsSelectable:
            if item.data(0, CHAPTER) is not None and not item.data(0, LESSON):
                self.itemClicked.emit(item, 0)
            return
        super().mousePressEvent(event)

    def keyboardSearch(self, text: str) -> None:
        if text.strip():
            self.typed.emit(text)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.scheduleDelayedItemsLayout()  # titles wrap
        for index in self.selectedIndexes():
            self.executeDelayedItemsLayout()
            self.scrollTo(index)


class Rows(QStyledItemDelegate):
    """Draws number and title; a title that is too long goes on in a second line."""

    def __init__(self, look: Look, tree: BookTree) -> None:
        super().__init__(tree)
        self.look, self._tree = look, tree

    def _font(self, index: Index) -> QFont:
        is_open = not index.parent().isValid() and self._tree.isExpanded(QModelIndex(index))  # type: ignore[arg-type]
        return self.look.font(bold=is_open or self._chosen(index))

    def _chosen(self, index: Index) -> bool:
        return self._tree.selectionModel().isSelected(QModelIndex(index))  # type: ignore[arg-type]

    def _room(self, width: int) -> int:
        return width - self.look.px(28) - self.look.px(8)

    def sizeHint(self, _option: QStyleOptionViewItem, index: Index) -> QSize:
        width = self._tree.viewport().width()
        metrics = QFontMetrics(self._font(index))
        room = QRect(0, 0, max(40, self._room(width)), 1000)
        words = metrics.boundingRect(room, WRAP, str(index.data()))
        return QSize(10, words.height() + self.look.px(12))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        look, p, box = self.look, self.look.px, QRect(option.rect)  # type: ignore[attr-defined]
        state = option.state  # type: ignore[attr-defined]
        chosen, number = self._chosen(index), index.data(CHAPTER)
        has_lesson = bool(index.data(LESSON))
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_ground(painter, QRectF(box), chosen, bool(state & QStyle.StateFlag.State_MouseOver))
        painter.setFont(self._font(index))
        is_head = number is not None and not has_lesson
        painter.setPen(self._colour(chosen, is_head or has_lesson))
        words = QRect(box.left() + p(28), box.top() + p(6), self._room(box.width()), box.height() - p(6))
        painter.drawText(words, WRAP, str(index.data()))
        if is_head:
            painter.setFont(look.font(figures=True))
            painter.setPen(look.theme.color("muted"))
            painter.drawText(
                QRect(box.left() + p(6), words.top(), p(20), p(20)), Qt.AlignmentFlag.AlignLeft, str(number)
            )
        if state & QStyle.StateFlag.State_HasFocus and self._tree.hasFocus():
            painter.setPen(QPen(look.theme.color("focus"), 2.0))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(box).adjusted(1, 1, -1, -1), p(5), p(5))
        painter.restore()

    def _paint_ground(self, painter: QPainter, box: QRectF, chosen: bool, over: bool) -> None:
        theme, p = self.look.theme, self.look.px
        painter.setPen(Qt.PenStyle.NoPen)
        if chosen or over:
            painter.setBrush(theme.color("accent_soft" if chosen else "hairline"))
            painter.drawRoundedRect(box, p(5), p(5))
        if chosen:
            painter.setBrush(theme.color("accent"))
            painter.drawRoundedRect(QRectF(box.left(), box.top() + p(3), 3, box.height() - p(6)), 1.5, 1.5)

    def _colour(self, chosen: bool, leads_on: bool) -> QColor:
        return self.look.theme.color("accent" if chosen else "text" if leads_on else "muted")
