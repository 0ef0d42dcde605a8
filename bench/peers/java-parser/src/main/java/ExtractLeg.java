import com.amazonaws.kinesisvideo.parser.ebml.InputStreamParserByteSource;
import com.amazonaws.kinesisvideo.parser.ebml.MkvTypeInfos;
import com.amazonaws.kinesisvideo.parser.mkv.Frame;
import com.amazonaws.kinesisvideo.parser.mkv.MkvDataElement;
import com.amazonaws.kinesisvideo.parser.mkv.MkvElementVisitException;
import com.amazonaws.kinesisvideo.parser.mkv.MkvElementVisitor;
import com.amazonaws.kinesisvideo.parser.mkv.MkvEndMasterElement;
import com.amazonaws.kinesisvideo.parser.mkv.MkvStartMasterElement;
import com.amazonaws.kinesisvideo.parser.mkv.StreamingMkvReader;
import com.amazonaws.kinesisvideo.parser.mkv.visitors.CompositeMkvElementVisitor;
import com.amazonaws.kinesisvideo.parser.utilities.FragmentMetadata;
import com.amazonaws.kinesisvideo.parser.utilities.FragmentMetadataVisitor;
import com.amazonaws.kinesisvideo.parser.utilities.MkvTag;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * One call's audio by AWS's parser library with its metadata visitor, reading the file as the library's examples do.
 * Arguments: input, transaction id, output.
 */
public final class ExtractLeg {
  private static final int WRITE_BYTES = 1024 * 1024;

  /** Holds a fragment's audio until the tags that follow it have come. */
  private static final class LegVisitor extends MkvElementVisitor
      implements FragmentMetadataVisitor.MkvTagProcessor {
    private final String transactionId;
    private final OutputStream output;
    private final ByteArrayOutputStream held = new ByteArrayOutputStream();
    private String heldTransactionId;

    LegVisitor(String transactionId, OutputStream output) {
      this.transactionId = transactionId;
      this.output = output;
    }

    @Override
    public void process(MkvTag tag, Optional<FragmentMetadata> fragment) {
      if (tag.getTagName().equals("TransactionId")) heldTransactionId = tag.getTagValue();
    }

    @Override
    public void visit(MkvStartMasterElement element) throws MkvElementVisitException {
      if (!MkvTypeInfos.EBML.equals(element.getElementMetaData().getTypeInfo())) return;
      try {
        endFragment();
      } catch (IOException error) {
        throw new MkvElementVisitException("cannot write", error);
      }
    }

    @Override
    public void visit(MkvEndMasterElement element) {}

    @Override
    public void visit(MkvDataElement element) {
      if (!MkvTypeInfos.SIMPLEBLOCK.equals(element.getElementMetaData().getTypeInfo())) return;
      ByteBuffer data = ((Frame) element.getValueCopy().getVal()).getFrameData();
      if (data.hasArray()) {
        held.write(data.array(), data.arrayOffset() + data.position(), data.remaining());
      } else {
        byte[] bytes = new byte[data.remaining()];
        data.get(bytes);
        held.write(bytes, 0, bytes.length);
      }
    }

    void endFragment() throws IOException {
      if (transactionId.equals(heldTransactionId)) held.writeTo(output);
      held.reset();
      heldTransactionId = null;
    }
  }

  public static void main(String[] args) throws Exception {
    try (InputStream input = new FileInputStream(args[0]);
        OutputStream output = new BufferedOutputStream(new FileOutputStream(args[2]), WRITE_BYTES)) {
      LegVisitor leg = new LegVisitor(args[1], output);
      CompositeMkvElementVisitor visitors =
          new CompositeMkvElementVisitor(FragmentMetadataVisitor.create(Optional.of(leg)), leg);
      StreamingMkvReader.createDefault(new InputStreamParserByteSource(input)).apply(visitors);
      leg.endFragment();
    }
  }
}
